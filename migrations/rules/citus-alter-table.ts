import type { AlterTableCmd, AlterTableStmt, Constraint } from "libpg-query";
import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";
import { columnDefinition, constraints, functionCalls, tableName, typeName } from "../sql/syntax-tree.ts";
import { type Tables, TENANT_COLUMN } from "../tables/tables.ts";
import type { ViolationText } from "./violation.ts";

/**
 * The changes of a distributed table that Citus 14 supports: ErrorIfUnsupportedAlterTableStmt in
 * commands/table.c refuses all others.
 */
const SUPPORTED_COMMANDS = new Set(
  (
    "AddColumn ColumnDefault AlterColumnType DropColumn DropNotNull AddConstraint AttachPartition DetachPartition SetNotNull ReplicaIdentity ChangeOwner " +
    "EnableRowSecurity DisableRowSecurity ForceRowSecurity NoForceRowSecurity ValidateConstraint DropConstraint SetCompression SetAccessMethod " +
    "SetRelOptions ResetRelOptions ReplaceRelOptions SetLogged SetUnLogged"
  )
    .split(" ")
    .map((name) => `AT_${name}`),
);

/**
 * The commands of an `alter table` that Citus refuses on a distributed table, by the same function.
 */
export function checkCitusAlterTable({ node }: Statement, tables: Tables): Violation[] {
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TABLE") return [];
  const { relation, cmds = [] }: AlterTableStmt = node.AlterTableStmt;
  const name = tableName(relation ?? {});
  if (!tables.isSharded(name)) return [];
  const commands = cmds.flatMap((part) => ("AlterTableCmd" in part ? [part.AlterTableCmd] : []));
  return commands.flatMap((command) => {
    const violation = findCommandViolation(name, command, commands.length > 1, tables);
    return violation ? [{ rule: "citus" as const, ...violation }] : [];
  });
}

function findCommandViolation(
  table: string,
  command: AlterTableCmd,
  withOthers: boolean,
  tables: Tables,
): ViolationText | undefined {
  const { subtype = "AT_AddColumn", name, def } = command;
  const what = subtype
    .replace("AT_", "")
    .replace(/(?<=.)(?=[A-Z])/g, " ")
    .toLowerCase();
  if (!SUPPORTED_COMMANDS.has(subtype))
    return {
      reason: `Citus has no '${what}' for distributed table ${table}`,
      remedy: "make a new column or table, and move over",
    };
  // "cannot execute ALTER TABLE command involving partition column".
  if (
    name === TENANT_COLUMN &&
    ["AT_ColumnDefault", "AT_AlterColumnType", "AT_DropColumn", "AT_DropNotNull"].includes(subtype)
  )
    return {
      reason: `${table} is distributed by ${TENANT_COLUMN}, which cannot be changed`,
      remedy: "make a new table, and move over",
    };
  // "… command with other subcommands": each gets another name on every shard.
  if (withOthers && /^AT_(AddConstraint|(At|De)tachPartition)$/.test(subtype))
    return {
      reason: `'${what}' is combined with other changes of distributed table ${table}`,
      remedy: "move it to a separate statement",
    };
  if (subtype === "AT_DetachPartition" && def && "PartitionCmd" in def && def.PartitionCmd.concurrent)
    return {
      reason: `${table} is distributed: Citus cannot detach a partition concurrently`,
      remedy: "leave 'concurrently' out",
    };
  if (subtype === "AT_AlterColumnType" && tables.byName.get(table)?.columns.get(name ?? "")?.generated)
    return {
      reason: `${table}.${name} is numbered by a sequence, so Citus cannot change its type`,
      remedy: "add a new column, and move over",
    };
  if (subtype === "AT_SetAccessMethod" && name === undefined)
    return { reason: "Citus has no 'set access method default'", remedy: "name the access method" };
  return subtype === "AT_AddColumn" ? findAddColumnViolation(table, command, withOthers) : undefined;
}

function findAddColumnViolation(table: string, { def }: AlterTableCmd, withOthers: boolean): ViolationText | undefined {
  const column = columnDefinition(def);
  const [name, written] = [`${table}.${column?.colname}`, constraints(column?.constraints)];
  const numbered = ({ contype, raw_expr }: Constraint) =>
    contype === "CONSTR_IDENTITY" || functionCalls(raw_expr).some((call) => call.name === "nextval");
  // "cannot execute ADD COLUMN commands involving serial pseudotypes", "… identity", "… because the
  // table is not empty".
  if (/serial/.test(typeName(column?.typeName ?? {})) || written.some(numbered)) {
    const remedy =
      "add it as bigint without a default; then 'alter column … set default nextval(…)', of a sequence created before";
    return {
      reason: `${name} is added to a distributed table and numbered by a sequence`,
      remedy,
      location: column?.location,
    };
  }
  const constraint = written.find(({ contype = "" }) => /PRIMARY|UNIQUE|CHECK|FOREIGN/.test(contype));
  if (!withOthers || constraint === undefined) return undefined;
  // ErrorUnsupportedAlterTableAddColumn.
  return {
    reason: `${name} is added with a constraint together with other changes`,
    remedy: "add the constraint in a separate statement",
    location: constraint.location,
  };
}
