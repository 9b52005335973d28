import type { InsertStmt, Node } from "libpg-query";
import type { Violation } from "../finding.ts";
import type { Statement } from "../sql/source-file.ts";
import { columnName, findNodes, stringValues } from "../sql/syntax-tree.ts";
import { type Policy, type Table, type Tables, TENANT_COLUMN } from "../tables/tables.ts";
import type { TableViolation } from "./violation.ts";

/**
 * The second wall behind `tenant_id = …` in each query: see
 * services/wallet/migrations/0001_wallet.sql.
 */
const TENANT_POLICY = `using (${TENANT_COLUMN} = nullif(current_setting('app.tenant_id', true), '')::bigint)`;

/** Tenant tables without row level security, as all files together leave them. */
export function checkRowSecurity(table: Table, tables: Tables): TableViolation[] {
  if (!tables.isTenantTable(table) || !table.columns.has(TENANT_COLUMN)) return [];
  const { name, rowSecurity, policies } = table;
  const open = [...policies]
    .filter(([, policy]) => policy.permissive && !comparesTenant(policy))
    .map(([policy, { place }]) => ({ policy, place }));
  const asked = [...policies.values()].some(({ permissive }) => permissive);
  const missing = [
    ...(rowSecurity.enabled ? [] : [["is not enabled", `alter table ${name} enable row level security`]]),
    // Services connect as the role that owns the tables, which is exempt unless it is forced.
    ...(rowSecurity.forced ? [] : [["is not forced on its owner", `alter table ${name} force row level security`]]),
    ...(asked ? [] : [["has no policy", `create policy ${name}_tenant on ${name} ${TENANT_POLICY}`]]),
  ];
  const incomplete: TableViolation = {
    rule: "row-security",
    reason: `row level security of tenant table ${name} ${missing.map(([what]) => what).join(", ")}`,
    remedy: `add, here or in a file after: ${missing.map(([, statement]) => statement).join("; ")}`,
    place: rowSecurity.place,
  };
  return [
    ...(missing.length > 0 ? [incomplete] : []),
    ...open.map(({ policy, place }) => ({
      rule: "row-security" as const,
      reason: `policy ${policy} opens rows of tenant table ${name} without asking for their ${TENANT_COLUMN}`,
      remedy: `write ${TENANT_POLICY}, with its other conditions added`,
      place,
    })),
  ];
}

/** Whether each condition compares the tenant column with something else. */
function comparesTenant({ expressions }: Policy): boolean {
  const compares = (expression: Node) =>
    findNodes<{ name?: Node[]; lexpr?: Node; rexpr?: Node }>(expression, "A_Expr").some(({ name, lexpr, rexpr }) => {
      const sides = [columnName(lexpr), columnName(rexpr)];
      return stringValues(name).at(-1) === "=" && sides.filter((side) => side === TENANT_COLUMN).length === 1;
    });
  return expressions.length > 0 && expressions.every(compares);
}

/**
 * A migration runs as the tables' owner and without a tenant, so forced row level security leaves
 * it no row: an update changes nothing, silently. Rows may be written after
 * `set local app.tenant_id` or while row level security is not forced.
 */
export function checkHiddenRows(statement: Statement, tables: Tables): Violation[] {
  const kinds = ["InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"] as const;
  const written = kinds.flatMap((kind) => findNodes<Pick<InsertStmt, "relation">>(statement.node, kind));
  const hidden = written.flatMap(({ relation }) => {
    const table = tables.findByRange(relation);
    if (!table?.rowSecurity.enabled || !table.rowSecurity.forced) return [];
    const { name } = table;
    return [
      {
        rule: "hidden-rows" as const,
        reason: `a migration has no tenant, so row level security hides the rows of ${name} from this statement`,
        remedy: `let the service write them, tenant by tenant; or, for few rows, put "alter table ${name} no force row level security" before it and "… force …" after it`,
        location: relation?.location,
      },
    ];
  });
  // Asked last, because it reads all statements before this one.
  return hidden.length > 0 && setsTenant(statement) ? [] : hidden;
}

/** Whether an earlier statement of the file set the tenant. */
function setsTenant({ source, start }: Statement): boolean {
  return source.statements.some(
    ({ node, start: earlier }) =>
      earlier < start && "VariableSetStmt" in node && /^app\.(tenant_id|scope)$/.test(node.VariableSetStmt.name ?? ""),
  );
}
