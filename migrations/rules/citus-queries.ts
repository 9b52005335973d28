import type { DeleteStmt, InsertStmt, Node, UpdateStmt } from "libpg-query";
import type { Violation } from "../finding.ts";
import { findMutableCalls, findVolatileCalls } from "../sql/function-volatility.ts";
import type { Statement } from "../sql/source-file.ts";
import { type FunctionCall, findNodes, functionCalls, tableName } from "../sql/syntax-tree.ts";
import { type Tables, TENANT_COLUMN } from "../tables/tables.ts";
import { citusViolation } from "./violation.ts";

/**
 * Changes of rows that Citus 14 does not plan on distributed tables
 * (planner/multi_router_planner.c), and settings that it does not pass on to its workers.
 */
export function checkCitusQueries({ node }: Statement, tables: Tables): Violation[] {
  const sharded = ({ relation }: { relation?: { relname?: string } }) => tables.isSharded(tableName(relation ?? {}));
  return [
    ...findNodes<InsertStmt>(node, "InsertStmt").filter(sharded).flatMap(checkInsert),
    ...findNodes<UpdateStmt>(node, "UpdateStmt").filter(sharded).flatMap(checkUpdate),
    // "functions used in the WHERE/ON/WHEN clause of modification queries on distributed tables
    // must not be VOLATILE".
    ...findNodes<DeleteStmt>(node, "DeleteStmt")
      .filter(sharded)
      .flatMap(({ whereClause }) => findVolatileCalls(whereClause).map(volatileCallViolation)),
    ...checkPolicy(node),
    ...checkSettings(node),
  ];
}

function checkInsert({ relation, cols = [], selectStmt, onConflictClause }: InsertStmt): Violation[] {
  const name = tableName(relation ?? {});
  const columns = targetColumns(cols);
  const violations: Violation[] = [];
  // "cannot perform an INSERT without a partition column value".
  if (columns.length > 0 && !columns.includes(TENANT_COLUMN))
    violations.push(
      citusViolation(
        `rows are inserted into ${name} without ${TENANT_COLUMN}`,
        `add ${TENANT_COLUMN} to the columns: a shard is chosen by it`,
      ),
    );
  // "subqueries are not supported within INSERT queries".
  const [values, subquery] = [
    selectStmt && "SelectStmt" in selectStmt && selectStmt.SelectStmt.valuesLists,
    findNodes<{ location?: number }>(selectStmt, "SubLink")[0],
  ];
  if (values && subquery)
    violations.push(
      citusViolation(`a row of values for ${name} has a subquery`, "write 'insert … select …'", subquery.location),
    );
  // "functions used in the DO UPDATE SET clause of INSERTs on distributed tables must be marked
  // IMMUTABLE", and the same for its WHERE.
  const mutable = findMutableCalls([
    onConflictClause?.targetList,
    onConflictClause?.whereClause,
    onConflictClause?.infer?.whereClause,
  ]);
  violations.push(
    ...mutable.map(({ name: call, location }) =>
      citusViolation(
        `${call} in 'on conflict' of ${name} is not immutable`,
        "use the value that was to be inserted: excluded.…",
        location,
      ),
    ),
  );
  return [...violations, ...checkTenantUnchanged(onConflictClause?.targetList)];
}

function checkUpdate({ targetList, whereClause }: UpdateStmt): Violation[] {
  // "functions used in UPDATE queries on distributed tables must not be VOLATILE".
  return [
    ...findVolatileCalls([targetList, whereClause]).map(volatileCallViolation),
    ...checkTenantUnchanged(targetList),
  ];
}

const volatileCallViolation = ({ name, location }: FunctionCall): Violation =>
  citusViolation(
    `${name} is volatile, which Citus refuses in a change of rows`,
    "compute its value first, and pass that",
    location,
  );

/** "modifying the partition value of rows is not allowed". */
function checkTenantUnchanged(targetList: Node[] = []): Violation[] {
  if (!targetColumns(targetList).includes(TENANT_COLUMN)) return [];
  return [
    citusViolation(
      `${TENANT_COLUMN}, by which rows are placed, is changed`,
      "insert them for the other tenant, and delete them here",
    ),
  ];
}

const targetColumns = (list: Node[]): string[] =>
  list.flatMap((node) => ("ResTarget" in node ? [node.ResTarget.name ?? ""] : []));

/** commands/policy.c: "Subqueries are not supported in policies on distributed tables". */
function checkPolicy(node: Node): Violation[] {
  if (!("CreatePolicyStmt" in node || "AlterPolicyStmt" in node)) return [];
  return findNodes<{ location?: number }>(node, "SubLink").map(({ location }) =>
    citusViolation(
      "the policy has a subquery, which Citus does not support",
      "compare columns with settings alone",
      location,
    ),
  );
}

/** PostprocessVariableSetStmt in commands/utility_hook.c passes on `SET LOCAL` only. */
function checkSettings(node: Node): Violation[] {
  if ("VariableSetStmt" in node) {
    const { is_local: local, kind, name } = node.VariableSetStmt;
    // `set transaction` ends with the transaction by itself.
    if (local || kind === "VAR_SET_MULTI") return [];
    return [
      citusViolation(
        `${name ?? "all settings"}: a setting outlives this file, and Citus's workers do not get it`,
        "write 'set local …'",
      ),
    ];
  }
  return functionCalls(node)
    .filter(({ name }) => name === "set_config")
    .map(({ location }) => citusViolation("set_config reaches only the coordinator", "write 'set local …'", location));
}
