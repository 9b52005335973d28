import type { ColumnDef, Constraint, Node, RangeVar, TypeName } from "libpg-query";

/**
 * Calls `visit` with each node inside `tree`, itself included, and its kind: `FuncCall`,
 * `ColumnRef`, …
 */
export function visitNodes(tree: unknown, visit: (kind: string, value: Record<string, unknown>) => void): void {
  if (Array.isArray(tree)) {
    for (const item of tree) visitNodes(item, visit);
  } else if (typeof tree === "object" && tree !== null) {
    for (const [kind, value] of Object.entries(tree)) {
      // Kinds begin with a capital letter, fields do not.
      if (/^[A-Z]/.test(kind) && typeof value === "object" && value !== null)
        visit(kind, value as Record<string, unknown>);
      visitNodes(value, visit);
    }
  }
}

/** The nodes of one kind inside `tree`. */
export function findNodes<T>(tree: unknown, kind: string): T[] {
  const nodes: T[] = [];
  visitNodes(tree, (name, value) => {
    if (name === kind) nodes.push(value as T);
  });
  return nodes;
}

/** The strings of a list of names, as in `primary key (a, b)`. */
export function stringValues(nodes: readonly Node[] = []): string[] {
  return nodes.flatMap((node) => ("String" in node ? [node.String.sval ?? ""] : []));
}

/** A table's name as the linter knows it: the schema is left out if it is `public` or absent. */
export function tableName({ schemaname, relname = "" }: RangeVar): string {
  return qualifiedName(schemaname, relname);
}

/** The same for a list of name parts, as `drop table` has it. */
export function joinNameParts(parts: readonly string[]): string {
  return qualifiedName(parts.at(-2), parts.at(-1) ?? "");
}

const qualifiedName = (schema: string | undefined, name: string): string =>
  schema === undefined || schema === "public" ? name : `${schema}.${name}`;

/** PostgreSQL's internal name of a type: `int8` for bigint, with `[]` for an array. */
export function typeName({ names, arrayBounds }: TypeName): string {
  return `${stringValues(names).at(-1) ?? ""}${arrayBounds === undefined ? "" : "[]"}`;
}

/** The numbers in a type's brackets: 10 and 2 of `numeric(10, 2)`. */
export function typeModifiers({ typmods = [] }: TypeName): number[] {
  return typmods.flatMap((node) => ("A_Const" in node ? [node.A_Const.ival?.ival ?? 0] : []));
}

/** The constraints of a column or of a table's list. */
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

export interface FunctionCall {
  /** Without its schema. */
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
 * The text of a constant, with or without a cast as in `'bets'::regclass`; undefined for other
 * nodes.
 */
export function constantText(node: Node | undefined): string | undefined {
  if (node === undefined) return undefined;
  if ("TypeCast" in node) return constantText(node.TypeCast.arg);
  return "A_Const" in node ? node.A_Const.sval?.sval : undefined;
}

/** The name of the column that `node` refers to, without its table; undefined for other nodes. */
export function columnName(node: Node | undefined): string | undefined {
  return node !== undefined && "ColumnRef" in node ? stringValues(node.ColumnRef.fields).at(-1) : undefined;
}
