import type { Constraint, Node } from "libpg-query";
import { columnName, stringValues, tableName } from "../sql/syntax-tree.ts";
import {
  type CheckConstraint,
  type ForeignKey,
  type StatementLocation,
  type Table,
  type Tables,
  TENANT_COLUMN,
  type UniqueKey,
} from "./tables.ts";

/**
 * Adds `constraint` to `table`. `column`: the column that it is written at, for a column
 * constraint.
 */
export function addConstraint(
  tables: Tables,
  table: Table,
  constraint: Constraint,
  place: StatementLocation,
  column?: string,
): void {
  const key = toUniqueKey(tables, table, constraint, place, column);
  if (key) table.keys.push(key);
  const foreignKey = toForeignKey(table, constraint, place, column);
  if (foreignKey) table.foreignKeys.push(foreignKey);
  if (constraint.contype === "CONSTR_CHECK") table.checks.push(toCheckConstraint(table, constraint, place));
  // PostgreSQL 18's `add constraint … not null column not valid` proves the same as a check.
  if (constraint.contype === "CONSTR_NOTNULL" && constraint.keys) {
    const notNull = stringValues(constraint.keys)[0];
    table.checks.push({ ...toCheckConstraint(table, constraint, place), notNull });
  }
}

const KEY_KINDS: Partial<Record<NonNullable<Constraint["contype"]>, [kind: UniqueKey["kind"], suffix: string]>> = {
  CONSTR_PRIMARY: ["primary key", "pkey"],
  CONSTR_UNIQUE: ["unique constraint", "key"],
  CONSTR_EXCLUSION: ["exclusion constraint", "excl"],
};

function toUniqueKey(
  tables: Tables,
  table: Table,
  constraint: Constraint,
  place: StatementLocation,
  column?: string,
): UniqueKey | undefined {
  const [kind, suffix] = (constraint.contype && KEY_KINDS[constraint.contype]) ?? [];
  if (kind === undefined) return undefined;
  const columns = column === undefined ? uniqueKeyColumns(tables, constraint) : [column];
  // PostgreSQL names a primary key after the table alone.
  const base = kind === "primary key" ? [table.name] : [table.name, ...columns];
  const name = constraint.conname ?? constraint.indexname ?? [...base, suffix].join("_");
  // The constraint takes over the index that it uses, and its name.
  if (constraint.indexname !== undefined) table.keys = table.keys.filter((key) => key.name !== constraint.indexname);
  return { name, kind, columns, place };
}

function uniqueKeyColumns(tables: Tables, { keys, indexname, exclusions = [] }: Constraint): string[] {
  if (indexname !== undefined) return tables.indexes.get(indexname)?.columns ?? [TENANT_COLUMN];
  if (keys !== undefined) return stringValues(keys);
  return exclusions.flatMap((node) => {
    const [element, operator] = "List" in node ? (node.List.items ?? []) : [];
    // Citus: "with an equality operator if EXCLUDE".
    const equal = operator !== undefined && "List" in operator && stringValues(operator.List.items).at(-1) === "=";
    const name = element !== undefined && "IndexElem" in element ? element.IndexElem.name : undefined;
    return equal && name !== undefined ? [name] : [];
  });
}

function toForeignKey(
  table: Table,
  constraint: Constraint,
  place: StatementLocation,
  column?: string,
): ForeignKey | undefined {
  if (constraint.contype !== "CONSTR_FOREIGN") return undefined;
  const columns = column === undefined ? stringValues(constraint.fk_attrs) : [column];
  return {
    name: constraint.conname ?? `${table.name}_${columns.join("_")}_fkey`,
    columns,
    target: tableName(constraint.pktable ?? {}),
    targetColumns: stringValues(constraint.pk_attrs),
    onDelete: constraint.fk_del_action ?? "a",
    onUpdate: constraint.fk_upd_action ?? "a",
    place,
  };
}

function toCheckConstraint(
  table: Table,
  { conname, raw_expr, skip_validation }: Constraint,
  place: StatementLocation,
): CheckConstraint {
  const notNull = notNullColumn(raw_expr);
  return {
    name: conname ?? `${table.name}${notNull === undefined ? "" : `_${notNull}`}_check`,
    notNull,
    validated: skip_validation !== true,
    place,
  };
}

function notNullColumn(expression: Node | undefined): string | undefined {
  if (expression === undefined || !("NullTest" in expression)) return undefined;
  const { arg, nulltesttype } = expression.NullTest;
  return nulltesttype === "IS_NOT_NULL" ? columnName(arg) : undefined;
}
