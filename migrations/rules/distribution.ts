import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";
import { constraints, functionCalls, tableName } from "../sql/syntax-tree.ts";
import { findDistributions } from "../tables/distribution-calls.ts";
import { type ForeignKey, type Table, type Tables, TENANTS_TABLE } from "../tables/tables.ts";

const PLATFORM_FUNCTIONS: Record<string, string> = {
  create_distributed_table: "plinth_distribute",
  create_reference_table: "plinth_reference",
};

/** How and in which order tables are distributed. */
export function checkDistribution({ node }: Statement, tables: Tables): Violation[] {
  if ("AlterTableStmt" in node) return checkAddedForeignKeys(node.AlterTableStmt, tables);
  if (!("SelectStmt" in node)) return [];
  const direct = functionCalls(node).flatMap(({ name, location }): Violation[] => {
    const ours = PLATFORM_FUNCTIONS[name];
    if (ours === undefined) return [];
    const remedy = `write "select ${ours}('…')", which does the same with Citus, and nothing without it`;
    return [
      {
        rule: "distribution",
        reason: `${name} is only there with Citus, and the local stack is plain PostgreSQL`,
        remedy,
        location,
      },
    ];
  });
  return [...direct, ...findDistributions(node).flatMap(({ name }) => checkDistributedTable(name, tables))];
}

/**
 * A table takes its foreign keys along: "referenced table must be a distributed table or a
 * reference table" (commands/foreign_constraint.c).
 */
function checkDistributedTable(name: string, tables: Tables): Violation[] {
  const table = tables.byName.get(name);
  if (table === undefined) {
    const remedy = "correct the name, or create the table in an earlier statement";
    return name === TENANTS_TABLE
      ? []
      : [{ rule: "distribution", reason: `${name} is not a table of this service at this point`, remedy }];
  }
  return table.foreignKeys
    .filter((key) => targetsUndistributedTable(table, key, tables))
    .map((key) => undistributedTargetViolation(table, key));
}

function checkAddedForeignKeys(
  { relation, cmds = [] }: { relation?: { relname?: string }; cmds?: import("libpg-query").Node[] },
  tables: Tables,
): Violation[] {
  const table = tables.byName.get(tableName(relation ?? {}));
  if (table === undefined || !tables.isSharded(table.name)) return [];
  const added = cmds.flatMap((part) =>
    "AlterTableCmd" in part ? constraints(part.AlterTableCmd.def ? [part.AlterTableCmd.def] : []) : [],
  );
  return added.flatMap(({ contype, conname = "", pktable, location }) => {
    const key = { name: conname, target: tableName(pktable ?? {}) };
    return contype === "CONSTR_FOREIGN" && targetsUndistributedTable(table, key, tables)
      ? [{ ...undistributedTargetViolation(table, key), location }]
      : [];
  });
}

type ForeignKeyTarget = Pick<ForeignKey, "name" | "target">;

/** checkForeignKeys reports targets that are not known at all. */
function targetsUndistributedTable(table: Table, { target }: ForeignKeyTarget, tables: Tables): boolean {
  return target !== table.name && tables.byName.has(target) && tables.distributionOf(target) === "none";
}

function undistributedTargetViolation(table: Table, { name, target }: ForeignKeyTarget): Violation {
  const remedy = `distribute ${target} before, or add the foreign key after that`;
  return {
    rule: "distribution",
    reason: `foreign key ${name} of ${table.name} refers to ${target}, which is not distributed yet`,
    remedy,
  };
}
