import { loadParser } from "./parser.ts";
import { stringValues } from "./syntax-tree.ts";

/** The one statement of a file that runs without a transaction. */
export interface ConcurrentIndexStatement {
  verb: "create" | "drop";
  /** Quoted for SQL, with its schema if the statement names one. */
  index: string;
  text: string;
  /** Where `text` begins in the file: characters from 0. */
  start: number;
}

/**
 * Reads a file that runs without a transaction. Undefined unless it holds one concurrent statement
 * on a named index, and one that can be repeated.
 */
export async function parseConcurrentIndex(sql: string): Promise<ConcurrentIndexStatement | undefined> {
  const parser = await loadParser();
  const parsed = parser.parse(sql);
  const [statement, ...others] = parser.split(sql).statements;
  if ("error" in parsed || statement === undefined || others.length > 0) return undefined;
  const node = parsed.statements[0]?.node;
  if (node === undefined) return undefined;
  if ("IndexStmt" in node) {
    const { concurrent, if_not_exists, idxname, relation } = node.IndexStmt;
    // An index is in the schema of its table.
    const name = [relation?.schemaname, idxname].filter((part) => part !== undefined);
    return concurrent && if_not_exists && idxname !== undefined
      ? { verb: "create", index: quoteName(name), text: statement.text, start: statement.start }
      : undefined;
  }
  if (!("DropStmt" in node)) return undefined;
  const { concurrent, missing_ok, removeType, objects = [] } = node.DropStmt;
  const [name] = objects.flatMap((object) => ("List" in object ? [stringValues(object.List.items)] : []));
  if (!concurrent || !missing_ok || removeType !== "OBJECT_INDEX" || objects.length !== 1 || name === undefined)
    return undefined;
  return { verb: "drop", index: quoteName(name), text: statement.text, start: statement.start };
}

const quoteName = (parts: string[]): string => parts.map((part) => `"${part.replaceAll('"', '""')}"`).join(".");
