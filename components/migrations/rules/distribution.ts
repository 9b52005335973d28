import type { Flaw } from "../finding.ts";
import { distributions } from "../fold.ts";
import type { Statement } from "../source.ts";
import { type ForeignKey, type Table, type Tables, TENANTS } from "../tables.ts";
import { calls, constraints, tableName } from "../tree.ts";

const OURS: Record<string, string> = {
  create_distributed_table: "plinth_distribute",
  create_reference_table: "plinth_reference",
};

/** How and in which order tables are distributed. */
export function distributionFlaws({ node }: Statement, tables: Tables): Flaw[] {
  if ("AlterTableStmt" in node) return addedKeys(node.AlterTableStmt, tables);
  if (!("SelectStmt" in node)) return [];
  const direct = calls(node).flatMap(({ name, location }): Flaw[] => {
    const ours = OURS[name];
    if (ours === undefined) return [];
    const remedy = `write "select ${ours}('…')", which does the same where Citus is, and nothing elsewhere`;
    return [
      { rule: "distribution", reason: `${name} is only there with Citus, and the local stack is plain PostgreSQL`, remedy, location },
    ];
  });
  return [...direct, ...distributions(node).flatMap(({ name }) => misplacedKeys(name, tables))];
}

/** A table takes its foreign keys along: "referenced table must be a distributed table or a reference table" (commands/foreign_constraint.c). */
function misplacedKeys(name: string, tables: Tables): Flaw[] {
  const table = tables.byName.get(name);
  if (table === undefined) {
    const remedy = "correct the name, or create the table in a statement before";
    return name === TENANTS ? [] : [{ rule: "distribution", reason: `${name} is no table of this service at this place`, remedy }];
  }
  return table.foreignKeys.filter((key) => isAhead(table, key, tables)).map((key) => tooEarly(table, key));
}

function addedKeys(
  { relation, cmds = [] }: { relation?: { relname?: string }; cmds?: import("libpg-query").Node[] },
  tables: Tables,
): Flaw[] {
  const table = tables.byName.get(tableName(relation ?? {}));
  if (table === undefined || !tables.isSharded(table.name)) return [];
  const added = cmds.flatMap((part) =>
    "AlterTableCmd" in part ? constraints(part.AlterTableCmd.def ? [part.AlterTableCmd.def] : []) : [],
  );
  return added.flatMap(({ contype, conname = "", pktable, location }) => {
    const key = { name: conname, target: tableName(pktable ?? {}) };
    return contype === "CONSTR_FOREIGN" && isAhead(table, key, tables) ? [{ ...tooEarly(table, key), location }] : [];
  });
}

type Reference = Pick<ForeignKey, "name" | "target">;

/** A target that is not known at all is a finding of its own. */
function isAhead(table: Table, { target }: Reference, tables: Tables): boolean {
  return target !== table.name && tables.byName.has(target) && tables.distributionOf(target) === "none";
}

function tooEarly(table: Table, { name, target }: Reference): Flaw {
  const remedy = `distribute ${target} before, or add the foreign key after that`;
  return { rule: "distribution", reason: `foreign key ${name} of ${table.name} refers to ${target}, which is not distributed yet`, remedy };
}
