import type { AlterTableCmd, AlterTableStmt, ColumnDef } from "libpg-query";
import type { Statement } from "../sql/source-file.ts";
import {
  columnDefinition,
  constraints,
  functionCalls,
  tableName,
  typeModifiers,
  typeName,
} from "../sql/syntax-tree.ts";
import { addConstraint } from "./constraints.ts";
import type { Table, Tables } from "./tables.ts";

/** Applies an `alter table` to `tables`. */
export function applyAlterTable(
  tables: Tables,
  { relation, cmds = [], objtype }: AlterTableStmt,
  statement: Statement,
): void {
  const table = tables.findByRange(relation);
  if (table === undefined || objtype !== "OBJECT_TABLE") return;
  for (const node of cmds) if ("AlterTableCmd" in node) applyAlterCommand(tables, table, node.AlterTableCmd, statement);
}

function applyAlterCommand(tables: Tables, table: Table, command: AlterTableCmd, statement: Statement): void {
  const { subtype, name = "", def } = command;
  const place = { statement };
  switch (subtype) {
    case "AT_AddColumn":
      addColumn(tables, table, columnDefinition(def) ?? {}, statement);
      return;
    case "AT_DropColumn":
      removeColumn(table, name);
      return;
    case "AT_AlterColumnType":
      changeColumnType(table, name, columnDefinition(def) ?? {});
      return;
    case "AT_AddConstraint":
      for (const constraint of constraints(def ? [def] : []))
        addConstraint(tables, table, constraint, { statement, location: constraint.location });
      return;
    case "AT_ValidateConstraint":
      for (const check of table.checks) if (check.name === name) check.validated = true;
      return;
    case "AT_DropConstraint":
      table.keys = table.keys.filter((key) => key.name !== name);
      table.foreignKeys = table.foreignKeys.filter((key) => key.name !== name);
      table.checks = table.checks.filter((check) => check.name !== name);
      return;
    case "AT_EnableRowSecurity":
    case "AT_DisableRowSecurity":
      table.rowSecurity = { ...table.rowSecurity, enabled: subtype === "AT_EnableRowSecurity", place };
      return;
    case "AT_ForceRowSecurity":
    case "AT_NoForceRowSecurity":
      table.rowSecurity = { ...table.rowSecurity, forced: subtype === "AT_ForceRowSecurity", place };
      return;
    case "AT_AttachPartition":
    case "AT_DetachPartition":
      setPartitionParent(tables, table, command);
      return;
    default:
      return;
  }
}

/** Adds a column of `create table` or `add column`, with its constraints. */
export function addColumn(tables: Tables, table: Table, column: ColumnDef, statement: Statement): void {
  const { colname: name = "", typeName: type = {} } = column;
  if (table.columns.has(name)) return;
  const written = constraints(column.constraints);
  table.columns.set(name, {
    type: typeName(type),
    modifiers: typeModifiers(type),
    generated: written.some(
      ({ contype, raw_expr }) =>
        contype === "CONSTR_IDENTITY" ||
        contype === "CONSTR_GENERATED" ||
        functionCalls(raw_expr).some((call) => call.name === "nextval"),
    ),
  });
  for (const constraint of written)
    addConstraint(tables, table, constraint, { statement, location: constraint.location }, name);
}

/** PostgreSQL drops keys and foreign keys together with any of their columns. */
function removeColumn(table: Table, name: string): void {
  table.columns.delete(name);
  table.keys = table.keys.filter(({ columns }) => !columns.includes(name));
  table.foreignKeys = table.foreignKeys.filter(({ columns }) => !columns.includes(name));
}

function changeColumnType(table: Table, name: string, { typeName: type = {} }: ColumnDef): void {
  const column = table.columns.get(name);
  if (column) table.columns.set(name, { ...column, type: typeName(type), modifiers: typeModifiers(type) });
}

function setPartitionParent(tables: Tables, table: Table, { subtype, def }: AlterTableCmd): void {
  const partition =
    def !== undefined && "PartitionCmd" in def ? tables.byName.get(tableName(def.PartitionCmd.name ?? {})) : undefined;
  if (partition === undefined) return;
  // A detached partition stays on its nodes.
  if (subtype === "AT_DetachPartition") partition.distribution = tables.distributionOf(partition.name);
  partition.partitionOf = subtype === "AT_AttachPartition" ? table.name : undefined;
}
