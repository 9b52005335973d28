import type { AlterTableCmd, AlterTableStmt, Constraint } from "libpg-query";
import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";
import { columnDefinition, constraints, functionCalls, tableName, typeName } from "../sql/syntax-tree.ts";
import { type Tables, TENANT_COLUMN } from "../tables/tables.ts";

/**
 * What Citus 14 alters on a distributed table: ErrorIfUnsupportedAlterTableStmt in
 * commands/table.c, which refuses all else.
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
 * The parts of an `alter table` of a distributed table that Citus refuses, by the same function as
 * above.
 */
export function checkCitusAlterTable({ node }: Statement, tables: Tables): Violation[] {
  if (!("AlterTableStmt" in node) || node.AlterTableStmt.objtype !== "OBJECT_TABLE") return [];
  const { relation, cmds = [] }: AlterTableStmt = node.AlterTableStmt;
  const name = tableName(relation ?? {});
  if (!tables.isSharded(name)) return [];
  const commands = cmds.flatMap((part) => ("AlterTableCmd" in part ? [part.AlterTableCmd] : []));
  return commands.flatMap((command) => {
    const found = findCommandViolation(name, command, commands.length > 1, tables);
    return found ? [{ rule: "citus" as const, ...found }] : [];
  });
}

type ViolationText = Pick<Violation, "reason" | "remedy" | "location">;

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
      reason: `${table}.${TENANT_COLUMN} is what ${table} is distributed by, and cannot be changed`,
      remedy: "make a new table, and move over",
    };
  // "… command with other subcommands": each needs a name of its own on every shard.
  if (withOthers && /^AT_(AddConstraint|(At|De)tachPartition)$/.test(subtype))
    return {
      reason: `'${what}' stands beside other changes of distributed table ${table}`,
      remedy: "give it a statement of its own",
    };
  if (subtype === "AT_DetachPartition" && def && "PartitionCmd" in def && def.PartitionCmd.concurrent)
    return {
      reason: `${table} is distributed: Citus detaches no partition concurrently`,
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
      "add it as bigint without a default; then 'alter column … set default nextval(…)', of a sequence made before";
    return {
      reason: `${name} is added to a distributed table with numbers of a sequence`,
      remedy,
      location: column?.location,
    };
  }
  const constraint = written.find(({ contype = "" }) => /PRIMARY|UNIQUE|CHECK|FOREIGN/.test(contype));
  if (!withOthers || constraint === undefined) return undefined;
  // ErrorUnsupportedAlterTableAddColumn.
  return {
    reason: `${name} is added with a constraint beside other changes`,
    remedy: "add the constraint by a statement of its own",
    location: constraint.location,
  };
}
