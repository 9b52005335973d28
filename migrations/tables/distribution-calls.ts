import type { Node } from "libpg-query";
import { constantText, functionCalls, joinNameParts } from "../sql/syntax-tree.ts";

const DISTRIBUTION_FUNCTIONS: Record<string, "tenant" | "reference"> = {
  plinth_distribute: "tenant",
  create_distributed_table: "tenant",
  plinth_reference: "reference",
  create_reference_table: "reference",
};

/** The tables that a `select` distributes. */
export function findDistributions(node: Node): { name: string; kind: "tenant" | "reference" }[] {
  return functionCalls(node).flatMap((call) => {
    const [kind, name] = [DISTRIBUTION_FUNCTIONS[call.name], constantText(call.arguments[0])];
    return kind === undefined || name === undefined
      ? []
      : [{ kind, name: joinNameParts(name.split(".").map(unquoteName)) }];
  });
}

/** As `regclass` reads a name: in lower case unless it is quoted. */
const unquoteName = (name: string): string =>
  name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase();
