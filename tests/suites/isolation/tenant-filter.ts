import { findNodes, stringValues } from "@plinth/migrations/sql/syntax-tree.ts";
import { type A_Expr, loadModule, type Node, parseSync, scanSync } from "libpg-query";

export { loadModule };

/** A statement that no longer compares `tenant_id` with a value. */
export interface UnfilteredStatement {
  text: string;
  /** Number of removed comparisons. */
  removed: number;
}

/**
 * Removes the application's tenant filter: each `tenant_id = $1` becomes a condition that always
 * holds but still uses its parameter, whose type the server could not infer otherwise.
 */
export function withoutTenantFilter(sql: string): UnfilteredStatement {
  const bytes = Buffer.from(sql);
  const cuts = findNodes<A_Expr>(parseSync(sql), "A_Expr").flatMap((comparison) => cutOf(sql, comparison) ?? []);
  let text = "";
  let position = 0;
  for (const { start, end, put } of cuts.sort((one, other) => one.start - other.start)) {
    text += bytes.toString("utf8", position, start) + put;
    position = end;
  }
  return { text: text + bytes.toString("utf8", position), removed: cuts.length };
}

/** Names of the tables that a statement touches, without their schemas. */
export function tablesOf(sql: string): string[] {
  const names = new Set<string>();
  // By name, not by node type: the target of a write has no RangeVar node in the tree.
  JSON.stringify(parseSync(sql), (_key, value) => {
    if (typeof value?.relname === "string") names.add(value.relname);
    return value;
  });
  return [...names];
}

function cutOf(
  sql: string,
  { kind, name, lexpr, rexpr }: A_Expr,
): { start: number; end: number; put: string } | undefined {
  if (stringValues(name).join() !== "=") return undefined;
  const [column, value] = isTenantColumn(lexpr) ? [lexpr, rexpr] : isTenantColumn(rexpr) ? [rexpr, lexpr] : [];
  // A join on tenant_id is not a filter.
  if (!column || !value || "ColumnRef" in value) return undefined;
  const tokens = scanSync(sql).tokens;
  const [first, second] = [startOf(column), startOf(value)].sort((one, other) => one - other) as [number, number];
  const end = operandEnd(tokens, second);
  if (kind === "AEXPR_OP") return { start: first, end, put: `(${valueText(sql, tokens, value)} is not null)` };
  if (kind === "AEXPR_OP_ANY") {
    const list = Buffer.from(sql).toString("utf8", second, end);
    return {
      start: first,
      end: closing(tokens, end),
      put: `(${list}${list.includes("::") ? "" : "::bigint[]"} is not null)`,
    };
  }
  throw new Error(`unsupported tenant filter in ${sql}: extend tests/suites/isolation/tenant-filter.ts`);
}

function isTenantColumn(node: Node | undefined): boolean {
  return node !== undefined && "ColumnRef" in node && stringValues(node.ColumnRef.fields).at(-1) === "tenant_id";
}

/** Byte at which an operand starts. */
function startOf(node: Node): number {
  if ("TypeCast" in node && node.TypeCast.arg) return startOf(node.TypeCast.arg);
  return (Object.values(node)[0] as { location?: number }).location ?? 0;
}

type Tokens = ReturnType<typeof scanSync>["tokens"];

/** Byte after an operand of one token, with its qualifiers and cast. */
function operandEnd(tokens: Tokens, start: number): number {
  let index = tokens.findIndex((token) => token.start === start);
  while (["::", "."].includes(tokens[index + 1]?.text ?? "")) index += 2;
  while (tokens[index + 1]?.text === "[" && tokens[index + 2]?.text === "]") index += 2;
  return tokens[index]!.end;
}

function closing(tokens: Tokens, after: number): number {
  return tokens.find((token) => token.start >= after && token.text === ")")!.end;
}

function valueText(sql: string, tokens: Tokens, value: Node): string {
  const start = startOf(value);
  const text = Buffer.from(sql).toString("utf8", start, operandEnd(tokens, start));
  return text.includes("::") ? text : `${text}::bigint`;
}
