import type { ColumnDef, Constraint, Node, RangeVar, TypeName } from "libpg-query";

/**
 * Calls `visit` for each node inside `tree`, itself included, with its kind: `FuncCall`,
 * `ColumnRef`, …
 */
export function visitNodes(tree: unknown, visit: (kind: string, value: Record<string, unknown>) => void): void {
  if (Array.isArray(tree)) {
    for (const item of tree) visitNodes(item, visit);
  } else if (typeof tree === "object" && tree !== null) {
    for (const [kind, value] of Object.entries(tree)) {
      // A kind is written large, a field small.
      if (/^[A-Z]/.test(kind) && typeof value === "object" && value !== null)
        visit(kind, value as Record<string, unknown>);
      visitNodes(value, visit);
    }
  }
}

/** The nodes of one kind inside `tree`. */
export function findNodes<T>(tree: unknown, kind: string): T[] {
  const found: T[] = [];
  visitNodes(tree, (name, value) => {
    if (name === kind) found.push(value as T);
  });
  return found;
}

/** The texts of a list of names, as in `primary key (a, b)`. */
export function stringValues(nodes: readonly Node[] = []): string[] {
  return nodes.flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

/**
 * A table's name as this linter knows it: without the schema where that is `public` or not said.
 */
export function tableName({ schemaname, relname = "" }: RangeVar): string {
  return qualifiedName(schemaname, relname);
}

/** The same of a list of name parts, as `drop table` has it. */
export function joinNameParts(parts: readonly string[]): string {
  return qualifiedName(parts.at(-2), parts.at(-1) ?? "");
}

const qualifiedName = (schema: string | undefined, name: string): string =>
  schema === undefined || schema === "public" ? name : `${schema}.${name}`;

/** PostgreSQL's own name of a type, `int8` for bigint, with `[]` for an array. */
export function typeName({ names, arrayBounds }: TypeName): string {
  return `${stringValues(names).at(-1) ?? ""}${arrayBounds === undefined ? "" : "[]"}`;
}

/** The numbers in a type's brackets: 10 and 2 of `numeric(10, 2)`. */
export function typeModifiers({ typmods = [] }: TypeName): number[] {
  return typmods.flatMap((node) => ("A_Const" in node ? [node.A_Const.ival?.ival ?? 0] : []));
}

/** The constraints written at a column or in a table's list. */
export function constraints(nodes: readonly Node[] = []): Constraint[] {
  return nodes.flatMap((node) => ("Constraint" in node ? [node.Constraint] : []));
}

export function columnDefinition(node: Node | undefined): ColumnDef | undefined {
  return node !== undefined && "ColumnDef" in node ? node.ColumnDef : undefined;
}

export function tableRanges(nodes: readonly Node[] = []): RangeVar[] {
  return nodes.flatMap((node) => ("RangeVar" in node ? [node.RangeVar] : []));
}

/** The lists of names of a `drop`. */
export function droppedNameParts(objects: readonly Node[] = []): string[][] {
  return objects.flatMap((node) => ("List" in node ? [stringValues(node.List.items)] : []));
}

/** A call of a function by its last name, with its arguments. */
export interface FunctionCall {
  name: string;
  arguments: Node[];
  location: number | undefined;
}

export function functionCalls(tree: unknown): FunctionCall[] {
  return findNodes<{ funcname?: Node[]; args?: Node[]; location?: number }>(tree, "FuncCall").map(
    ({ funcname, args, location }) => ({
      name: stringValues(funcname).at(-1) ?? "",
      arguments: args ?? [],
      location,
    }),
  );
}

/**
 * The text of a constant, also of one with a cast as `'bets'::regclass`; undefined for anything
 * else.
 */
export function constantText(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ("TypeCast" in node) return constantText(node.TypeCast.arg);
  return "A_Const" in node ? node.A_Const.sval?.sval : undefined;
}

/** The last name of a column that `node` is; undefined for anything else. */
export function columnName(node: Node | undefined): string | undefined {
  return node !== undefined && "ColumnRef" in node ? stringValues(node.ColumnRef.fields).at(-1) : undefined;
}
