import type { Transaction } from "./transaction.ts";

/** Rows of one statement. With few sizes, each statement is planned once on each connection. */
const STATEMENT_SIZES = [64, 16, 4, 1] as const;
const statementTexts = new Map<string, string>();

/**
 * Inserts rows, in order, with few prepared statements. Pipelined: the caller does not wait, and a
 * failure fails the commit. It sends values rather than `insert … select` from arrays, which Citus
 * turns into COPY, and row-level security refuses COPY.
 *
 * @param name of the statement, such as `event-insert`
 * @param target table and columns, such as `events (tenant_id, id)`
 */
export function insertRows(
  transaction: Transaction,
  name: string,
  target: string,
  rows: readonly (readonly unknown[])[],
): void {
  for (let first = 0; first < rows.length; ) {
    const size = STATEMENT_SIZES.find((each) => each <= rows.length - first) ?? 1;
    const part = rows.slice(first, first + size);
    const query = `${name}-${size}`;
    transaction.query({
      name: query,
      text: insertStatement(query, target, size, part[0]?.length ?? 0),
      values: part.flat(),
    });
    first += size;
  }
}

function insertStatement(query: string, target: string, size: number, columns: number): string {
  // Keyed by both: if two targets share a name, the driver complains instead of inserting all rows
  // into the first.
  const key = `${query} ${target}`;
  const known = statementTexts.get(key);
  if (known !== undefined) return known;
  const row = (number: number) =>
    `(${Array.from({ length: columns }, (_, column) => `$${number * columns + column + 1}`).join(", ")})`;
  const text = `insert into ${target} values ${Array.from({ length: size }, (_, number) => row(number)).join(", ")}`;
  statementTexts.set(key, text);
  return text;
}
