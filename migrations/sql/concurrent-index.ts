import { loadParser } from "./parser.ts";
import { splitStatements } from "./statements.ts";
import { stringValues } from "./syntax-tree.ts";

/** The one statement of a file that runs without a transaction. */
export interface ConcurrentIndexStatement {
  verb: "create" | "drop";
  /** Quoted, with its schema where one is said: as SQL takes it. */
  index: string;
  /** The statement alone, and the character where it begins, from 0. */
  text: string;
  start: number;
}

/**
 * Reads such a file; undefined when it holds anything but one concurrent statement on a named index
 * that can be repeated.
 */
export async function parseConcurrentIndex(sql: string): Promise<ConcurrentIndexStatement | undefined> {
  const parsed = (await loadParser())(sql);
  const [statement, ...others] = splitStatements(sql);
  if ("error" in parsed || statement === undefined || others.length > 0) return undefined;
  const node = parsed.statements[0]?.node;
  if (node === undefined) return undefined;
  if ("IndexStmt" in node) {
    const { concurrent, if_not_exists, idxname, relation } = node.IndexStmt;
    // An index is in the schema of its table.
    const name = [relation?.schemaname, idxname].filter((part) => part !== undefined);
    return concurrent && if_not_exists && idxname !== undefined
      ? { verb: "create", index: quoteName(name), ...statement }
      : undefined;
  }
  if (!("DropStmt" in node)) return undefined;
  const { concurrent, missing_ok, removeType, objects = [] } = node.DropStmt;
  const [name] = objects.flatMap((object) => ("List" in object ? [stringValues(object.List.items)] : []));
  if (!concurrent || !missing_ok || removeType !== "OBJECT_INDEX" || objects.length !== 1 || name === undefined)
    return undefined;
  return { verb: "drop", index: quoteName(name), ...statement };
}

const quoteName = (parts: string[]): string => parts.map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
