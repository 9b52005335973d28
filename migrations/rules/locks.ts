import type { AlterTableCmd, Constraint, RangeVar } from "libpg-query";
import type { Violation } from "../finding.ts";
import type { SourceFile, Statement } from "../sql/source-file.ts";
import { constraints, tableName, tableRanges } from "../sql/syntax-tree.ts";
import type { Table, Tables } from "../tables/tables.ts";
import { checkColumnChange } from "./columns.ts";

/** Statements that stop services from using a table in use: any that this file did not create. */
export function checkLocks({ node, source }: Statement, tables: Tables): Violation[] {
  if ("AlterTableStmt" in node && node.AlterTableStmt.objtype === "OBJECT_TABLE") {
    const { relation, cmds = [] } = node.AlterTableStmt;
    if (!tables.isInUse(relation, source)) return [];
    return cmds.flatMap((part) =>
      "AlterTableCmd" in part ? checkAlterCommand(relation ?? {}, part.AlterTableCmd, source, tables) : [],
    );
  }
  if ("VacuumStmt" in node && node.VacuumStmt.is_vacuumcmd)
    return [
      rewriteViolation(
        "vacuum cannot run in a transaction, as each file does, and 'full' locks the table",
        "leave it to autovacuum, and set its storage parameters",
      ),
    ];
  if ("ClusterStmt" in node)
    return [rewriteViolation("cluster rewrites the table under a lock", "create an index that serves the query")];
  if ("ReindexStmt" in node)
    return [
      {
        rule: "lock",
        reason: "reindex stops writing of the table",
        remedy: "create a second index by 'create index concurrently', then drop the old one",
      },
    ];
  if ("LockStmt" in node) {
    const held = tableRanges(node.LockStmt.relations).filter((range) => tables.isInUse(range, source));
    const remedy = "leave it out: each statement takes the lock that it needs";
    return held.map((range) => ({
      rule: "lock",
      reason: `${tableName(range)} is locked until the file's end`,
      remedy,
      location: range.location,
    }));
  }
  return [];
}

const rewriteViolation = (reason: string, remedy: string): Violation => ({ rule: "rewrite", reason, remedy });

function checkAlterCommand(
  relation: RangeVar,
  command: AlterTableCmd,
  source: SourceFile,
  tables: Tables,
): Violation[] {
  const [name, table] = [tableName(relation), tables.findByRange(relation)];
  switch (command.subtype) {
    case "AT_AddConstraint":
      return constraints(command.def ? [command.def] : []).flatMap((constraint) =>
        checkAddConstraint(name, constraint),
      );
    case "AT_ValidateConstraint":
      return checkValidateConstraint(name, table, command.name ?? "", source);
    case "AT_SetLogged":
    case "AT_SetUnLogged":
    case "AT_SetAccessMethod":
    case "AT_SetTableSpace":
      return [
        rewriteViolation(
          `table ${name} is rewritten under a lock`,
          "make a new table, let the service write both, and move over",
        ),
      ];
    default:
      return checkColumnChange(name, table, command, tables);
  }
}

function checkAddConstraint(
  table: string,
  { contype, conname, indexname, skip_validation, location }: Constraint,
): Violation[] {
  const [name, rule] = [conname ?? "<name>", "add-constraint" as const];
  if (contype === "CONSTR_PRIMARY" || contype === "CONSTR_UNIQUE") {
    if (indexname !== undefined) return [];
    const kind = contype === "CONSTR_PRIMARY" ? "primary key" : "unique";
    const remedy =
      `in an earlier file, build a unique index by 'create unique index concurrently'; then "alter table ${table} add constraint ${name} ` +
      `${kind} using index <index>"`;
    return [{ rule, reason: `${kind} ${name} of ${table} builds its index under a lock`, remedy, location }];
  }
  if (contype === "CONSTR_EXCLUSION") {
    const remedy =
      "PostgreSQL adds one in no other way: create it with the table, or accept it while the table is small";
    return [
      { rule, reason: `exclusion constraint ${name} of ${table} builds its index under a lock`, remedy, location },
    ];
  }
  if (skip_validation) return [];
  const remedy = `add it 'not valid', and in a later file "alter table ${table} validate constraint ${name}"`;
  return [{ rule, reason: `for constraint ${name} all rows of ${table} are read under a lock`, remedy, location }];
}

/**
 * The lock of `add constraint` lasts until the file's end. To validate it in the same file holds
 * that lock just as long as to add it validated.
 */
function checkValidateConstraint(
  name: string,
  table: Table | undefined,
  constraint: string,
  source: SourceFile,
): Violation[] {
  const added = [...(table?.checks ?? []), ...(table?.foreignKeys ?? [])].find((one) => one.name === constraint);
  if (added?.place.statement.source !== source) return [];
  const reason = `constraint ${constraint} of ${name} is validated in the file that adds it, whose lock lasts until its end`;
  return [{ rule: "add-constraint", reason, remedy: "move this statement to a later file" }];
}
