import type { DropStmt, IndexStmt } from "libpg-query";
import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";
import { droppedNameParts, tableName } from "../sql/syntax-tree.ts";
import type { Tables } from "../tables/tables.ts";

const NO_TRANSACTION_LINE = "-- plinth:no-transaction";

/**
 * Building or dropping an index stops all writing of its table until it is done. CONCURRENTLY does
 * not, but needs a file without a transaction: a file whose first line says so, with one statement
 * that can be repeated after an interruption (see docs/services/data-and-events.md).
 */
export function checkIndexes(statement: Statement, tables: Tables): Violation[] {
  const { node, source } = statement;
  if ("IndexStmt" in node) return checkCreateIndex(node.IndexStmt, statement, tables);
  if ("DropStmt" in node && node.DropStmt.removeType === "OBJECT_INDEX")
    return checkDropIndex(node.DropStmt, statement, tables);
  if (!source.directives.noTransaction) return [];
  const remedy = "move this statement to a separate file without that line, where it runs in a transaction";
  return [
    noTransactionViolation(
      `after ${NO_TRANSACTION_LINE} there may only be a 'create index concurrently' or a 'drop index concurrently'`,
      remedy,
    ),
  ];
}

/**
 * A file without a transaction is recorded as done or not done, so it may hold one statement only.
 */
export function checkSingleStatement({ source, start }: Statement): Violation[] {
  const [, second] = source.statements;
  if (!source.directives.noTransaction || second === undefined || second.start !== start) return [];
  return [
    noTransactionViolation(
      `a file with ${NO_TRANSACTION_LINE} holds more than one statement`,
      "give each statement a separate file: an interrupted run must know which was done",
    ),
  ];
}

const noTransactionViolation = (reason: string, remedy: string): Violation => ({
  rule: "no-transaction",
  reason,
  remedy,
});

function checkCreateIndex(index: IndexStmt, { source }: Statement, tables: Tables): Violation[] {
  const table = tableName(index.relation ?? {});
  const named = index.idxname ?? "<name>";
  const whole = `create ${index.unique ? "unique " : ""}index concurrently if not exists ${named} on ${table} …`;
  if (!index.concurrent) {
    if (!tables.isInUse(index.relation, source)) return [];
    const remedy = `write "${whole}" in a separate file, with ${NO_TRANSACTION_LINE} as its first line`;
    return [
      {
        rule: "index-concurrently",
        reason: `index ${named} on ${table} stops writing of the table while it is built`,
        remedy,
      },
    ];
  }
  if (!source.directives.noTransaction) return [transactionViolation("create", named)];
  if (index.idxname !== undefined && index.if_not_exists) return [];
  return [noTransactionViolation("this cannot be repeated after an interruption", `write "${whole}"`)];
}

function checkDropIndex(
  { objects, concurrent, missing_ok }: DropStmt,
  { source }: Statement,
  tables: Tables,
): Violation[] {
  const names = droppedNameParts(objects).map((parts) => parts.at(-1) ?? "");
  const [name = ""] = names;
  const remedy = `write "drop index concurrently if exists ${name}" in a separate file, with ${NO_TRANSACTION_LINE} as its first line`;
  // No service uses an index that this file creates.
  const inUse = names.some((index) => tables.indexes.get(index)?.source !== source);
  if (!concurrent)
    return inUse
      ? [
          {
            rule: "index-concurrently",
            reason: `dropping index ${name} stops all use of its table until the longest query ends`,
            remedy,
          },
        ]
      : [];
  if (!source.directives.noTransaction) return [transactionViolation("drop", name)];
  return missing_ok
    ? []
    : [
        noTransactionViolation(
          "this cannot be repeated after an interruption",
          `write "drop index concurrently if exists ${name}"`,
        ),
      ];
}

function transactionViolation(verb: string, name: string): Violation {
  const remedy = `move it to a separate file, with ${NO_TRANSACTION_LINE} as its first line`;
  return noTransactionViolation(
    `'${verb} index concurrently' of ${name} cannot run in a transaction, as each file does`,
    remedy,
  );
}
