import { splitStatements } from "../providers/sql-statements.ts";
import { openParser } from "./parser.ts";
import { texts } from "./tree.ts";

/** The one statement of a file that runs without a transaction. */
export interface ConcurrentIndex {
  verb: "create" | "drop";
  /** Quoted, with its schema where one is said: as SQL takes it. */
  index: string;
  /** The statement alone, and the character where it begins, from 0. */
  text: string;
  start: number;
}

/** Reads such a file; undefined when it holds anything but one concurrent statement on a named index that can be repeated. */
export async function readConcurrentIndex(sql: string): Promise<ConcurrentIndex | undefined> {
  const parsed = (await openParser())(sql);
  const [statement, ...others] = splitStatements(sql);
  if ("error" in parsed || statement === undefined || others.length > 0) return undefined;
  const node = parsed.statements[0]?.node;
  if (node === undefined) return undefined;
  if ("IndexStmt" in node) {
    const { concurrent, if_not_exists, idxname, relation } = node.IndexStmt;
    // An index is in the schema of its table.
    const name = [relation?.schemaname, idxname].filter((part) => part !== undefined);
    return concurrent && if_not_exists && idxname !== undefined ? { verb: "create", index: quoted(name), ...statement } : undefined;
  }
  if (!("DropStmt" in node)) return undefined;
  const { concurrent, missing_ok, removeType, objects = [] } = node.DropStmt;
  const [name] = objects.flatMap((object) => ("List" in object ? [texts(object.List.items)] : []));
  if (!concurrent || !missing_ok || removeType !== "OBJECT_INDEX" || objects.length !== 1 || name === undefined) return undefined;
  return { verb: "drop", index: quoted(name), ...statement };
}

const quoted = (parts: string[]): string => parts.map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
