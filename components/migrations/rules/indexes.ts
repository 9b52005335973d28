import type { DropStmt, IndexStmt } from "libpg-query";
import type { Flaw } from "../finding.ts";
import type { Statement } from "../source.ts";
import type { Tables } from "../tables.ts";
import { droppedNames, tableName } from "../tree.ts";

const FIRST_LINE = "-- plinth:no-transaction";

/**
 * An index that is built or dropped as usual stops all writing of its table until it is done. CONCURRENTLY does not, but needs a file without a
 * transaction: one whose first line says so, with one statement that can be repeated after it was cut off (see docs/services.md).
 */
export function indexFlaws(statement: Statement, tables: Tables): Flaw[] {
  const { node, source } = statement;
  if ("IndexStmt" in node) return createFlaws(node.IndexStmt, statement, tables);
  if ("DropStmt" in node && node.DropStmt.removeType === "OBJECT_INDEX") return dropFlaws(node.DropStmt, statement, tables);
  if (!source.directives.noTransaction) return [];
  const remedy = "move this statement to a file of its own without that line: it runs in a transaction, as it should";
  return [alone(`after ${FIRST_LINE} there may only be a 'create index concurrently' or a 'drop index concurrently'`, remedy)];
}

/** The files as such: what runs without a transaction is recorded as done, or not, as one statement. */
export function loneStatementFlaws({ source, start }: Statement): Flaw[] {
  const [, second] = source.statements;
  if (!source.directives.noTransaction || second === undefined || second.start !== start) return [];
  return [
    alone(
      `a file with ${FIRST_LINE} holds more than one statement`,
      "give each statement a file of its own: a cut-off run must know which was done",
    ),
  ];
}

const alone = (reason: string, remedy: string): Flaw => ({ rule: "no-transaction", reason, remedy });

function createFlaws(index: IndexStmt, { source }: Statement, tables: Tables): Flaw[] {
  const table = tableName(index.relation ?? {});
  const named = index.idxname ?? "<name>";
  const whole = `create ${index.unique ? "unique " : ""}index concurrently if not exists ${named} on ${table} …`;
  if (!index.concurrent) {
    if (!tables.isInUse(index.relation, source)) return [];
    const remedy = `write "${whole}" in a file of its own, with ${FIRST_LINE} as its first line`;
    return [{ rule: "index-concurrently", reason: `index ${named} on ${table} stops writing of the table while it is built`, remedy }];
  }
  if (!source.directives.noTransaction) return [inTransaction("create", named)];
  if (index.idxname !== undefined && index.if_not_exists) return [];
  return [alone(`this cannot be repeated after it was cut off`, `write "${whole}"`)];
}

function dropFlaws({ objects, concurrent, missing_ok }: DropStmt, { source }: Statement, tables: Tables): Flaw[] {
  const names = droppedNames(objects).map((parts) => parts.at(-1) ?? "");
  const [name = ""] = names;
  const remedy = `write "drop index concurrently if exists ${name}" in a file of its own, with ${FIRST_LINE} as its first line`;
  // One that this very file made is nobody's yet.
  const inUse = names.some((index) => tables.indexes.get(index)?.source !== source);
  if (!concurrent)
    return inUse
      ? [{ rule: "index-concurrently", reason: `to drop index ${name} stops all use of its table behind the longest query`, remedy }]
      : [];
  if (!source.directives.noTransaction) return [inTransaction("drop", name)];
  return missing_ok ? [] : [alone("this cannot be repeated after it was cut off", `write "drop index concurrently if exists ${name}"`)];
}

function inTransaction(verb: string, name: string): Flaw {
  const remedy = `move it to a file of its own, with ${FIRST_LINE} as its first line`;
  return alone(`'${verb} index concurrently' of ${name} cannot run in a transaction, as each file does`, remedy);
}
