import type { DeleteStmt, InsertStmt, Node, UpdateStmt } from "libpg-query";
import type { Flaw } from "../finding.ts";
import type { Statement } from "../source.ts";
import { type Tables, TENANT_COLUMN } from "../tables.ts";
import { all, type Call, calls, tableName } from "../tree.ts";
import { mutableCalls, volatileCalls } from "../volatility.ts";

/** Changes of rows that Citus 14 does not plan on distributed tables, by planner/multi_router_planner.c, and settings that it does not pass on. */
export function citusQueryFlaws({ node }: Statement, tables: Tables): Flaw[] {
  const sharded = ({ relation }: { relation?: { relname?: string } }) => tables.isSharded(tableName(relation ?? {}));
  return [
    ...all<InsertStmt>(node, "InsertStmt").filter(sharded).flatMap(insertFlaws),
    ...all<UpdateStmt>(node, "UpdateStmt").filter(sharded).flatMap(updateFlaws),
    // "functions used in the WHERE/ON/WHEN clause of modification queries on distributed tables must not be VOLATILE".
    ...all<DeleteStmt>(node, "DeleteStmt")
      .filter(sharded)
      .flatMap(({ whereClause }) => volatileCalls(whereClause).map(volatileFlaw)),
    ...policyFlaws(node),
    ...settingFlaws(node),
  ];
}

const citus = (reason: string, remedy: string, location?: number): Flaw => ({ rule: "citus", reason, remedy, location });

function insertFlaws({ relation, cols = [], selectStmt, onConflictClause }: InsertStmt): Flaw[] {
  const name = tableName(relation ?? {});
  const given = targets(cols);
  const flaws: Flaw[] = [];
  // "cannot perform an INSERT without a partition column value".
  if (given.length > 0 && !given.includes(TENANT_COLUMN))
    flaws.push(
      citus(`rows are inserted into ${name} without ${TENANT_COLUMN}`, `add ${TENANT_COLUMN} to the columns: a shard is chosen by it`),
    );
  // "subqueries are not supported within INSERT queries".
  const [values, subquery] = [
    selectStmt && "SelectStmt" in selectStmt && selectStmt.SelectStmt.valuesLists,
    all<{ location?: number }>(selectStmt, "SubLink")[0],
  ];
  if (values && subquery) flaws.push(citus(`a row of values for ${name} has a subquery`, "write 'insert … select …'", subquery.location));
  // "functions used in the DO UPDATE SET clause of INSERTs on distributed tables must be marked IMMUTABLE", and the same of its WHERE.
  const mutable = mutableCalls([onConflictClause?.targetList, onConflictClause?.whereClause, onConflictClause?.infer?.whereClause]);
  flaws.push(
    ...mutable.map(({ name: call, location }) =>
      citus(`${call} in 'on conflict' of ${name} is not immutable`, "use the value that was to be inserted: excluded.…", location),
    ),
  );
  return [...flaws, ...tenantChanges(onConflictClause?.targetList)];
}

function updateFlaws({ targetList, whereClause }: UpdateStmt): Flaw[] {
  // "functions used in UPDATE queries on distributed tables must not be VOLATILE".
  return [...volatileCalls([targetList, whereClause]).map(volatileFlaw), ...tenantChanges(targetList)];
}

const volatileFlaw = ({ name, location }: Call): Flaw =>
  citus(`${name} is volatile, and Citus takes none in a change of rows`, "compute it before, and pass its value", location);

/** "modifying the partition value of rows is not allowed". */
function tenantChanges(targetList: Node[] = []): Flaw[] {
  if (!targets(targetList).includes(TENANT_COLUMN)) return [];
  return [citus(`${TENANT_COLUMN} of rows is changed, by which they are placed`, "insert them for the other tenant, and delete them here")];
}

const targets = (list: Node[]): string[] => list.flatMap((node) => ("ResTarget" in node ? [node.ResTarget.name ?? ""] : []));

/** commands/policy.c: "Subqueries are not supported in policies on distributed tables". */
function policyFlaws(node: Node): Flaw[] {
  if (!("CreatePolicyStmt" in node || "AlterPolicyStmt" in node)) return [];
  return all<{ location?: number }>(node, "SubLink").map(({ location }) =>
    citus("the policy has a subquery, which Citus does not take", "compare columns with settings alone", location),
  );
}

/** PostprocessVariableSetStmt in commands/utility_hook.c passes on `SET LOCAL`, and nothing else. */
function settingFlaws(node: Node): Flaw[] {
  if ("VariableSetStmt" in node) {
    const { is_local: local, kind, name } = node.VariableSetStmt;
    // `set transaction` ends with the transaction by itself.
    if (local || kind === "VAR_SET_MULTI") return [];
    return [citus(`${name ?? "all settings"}: a setting outlives this file, and Citus's workers do not get it`, "write 'set local …'")];
  }
  return calls(node)
    .filter(({ name }) => name === "set_config")
    .map(({ location }) => citus("set_config reaches the coordinator alone", "write 'set local …'", location));
}
