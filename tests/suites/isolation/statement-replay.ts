import type { ClientBase } from "pg";
import type { Exploration } from "../../support/api/exploration.ts";
import type { CapturedStatement } from "../../support/services/sql-proxy.ts";
import {
  asTenant,
  changedTables,
  type ServiceTables,
  snapshot,
  type TenantSnapshot,
  textOfRows,
} from "../../support/services/tenant-rows.ts";
import { findLeaks } from "./response-check.ts";
import { INSUFFICIENT_PRIVILEGE } from "./row-security.ts";
import { tablesOf, withoutTenantFilter } from "./tenant-filter.ts";

/**
 * The statements on `tables`, each text once, with values of the explored tenant if there are any.
 */
export function distinctStatements(
  statements: readonly CapturedStatement[],
  tables: readonly string[],
  tenant: number,
): CapturedStatement[] {
  const names = new Set(tables.map((table) => table.split(".").at(-1)));
  const ofTenant = ({ scope }: CapturedStatement) => typeof scope === "object" && scope.tenant === tenant;
  return [...Map.groupBy(statements, ({ text }) => text)].flatMap(([text, sent]) =>
    tablesOf(text).some((table) => names.has(table)) ? [sent.findLast(ofTenant) ?? sent.at(-1)!] : [],
  );
}

/** A variant in which a statement is sent again. */
export interface StatementReplay {
  what: string;
  text: string;
}

/** The statement as the service wrote it and, if it filters by tenant, without that filter. */
export function statementReplays({ text }: CapturedStatement): StatementReplay[] {
  const unfiltered = withoutTenantFilter(text);
  const asWritten = { what: "with the other tenant's number", text };
  return unfiltered.removed === 0
    ? [asWritten]
    : [asWritten, { what: "without its tenant filter", text: unfiltered.text }];
}

/** Returns a line for each variant that shows or changes the explored tenant's rows to others. */
export async function statementFindings(
  at: ServiceTables,
  exploration: Exploration,
  tables: readonly string[],
  statement: CapturedStatement,
  foreign: number,
): Promise<string[]> {
  const victim = exploration.actor.tenant;
  const findings: string[] = [];
  for (const { what, text } of statementReplays(statement)) {
    for (const tenant of [foreign, undefined]) {
      const who = tenant === undefined ? "without a tenant" : "as a foreign tenant";
      const found = await asTenant(at, tenant, (client) =>
        trial(client, exploration, tables, { ...statement, text }, { victim, foreign }),
      );
      findings.push(...found.map((one) => `${one}, ${who}, ${what}: ${statement.text.replace(/\s+/g, " ")}`));
    }
  }
  return findings;
}

async function trial(
  client: ClientBase,
  exploration: Exploration,
  tables: readonly string[],
  { text, values }: CapturedStatement,
  { victim, foreign }: { victim: number; foreign: number },
): Promise<string[]> {
  const seen = async (): Promise<TenantSnapshot> => {
    await client.query(`set local app.tenant_id = '${victim}'`);
    return snapshot(client, tables, victim);
  };
  const { rows: scope } = await client.query<{ tenant: string }>(
    "select current_setting('app.tenant_id', true) as tenant",
  );
  const before = await seen();
  await client.query(`set local app.tenant_id = '${scope[0]?.tenant ?? ""}'`);
  const own = await textOfRows(client, tables, foreign);
  await client.query("savepoint trial");
  try {
    const { rows } = await client.query(text, [...values]);
    // A refusal that is kept for the foreign tenant repeats an id which it sent itself.
    const shown = findLeaks(exploration, JSON.stringify(rows), own);
    return [...(shown.length > 0 ? [`shows ${shown.join(", ")}`] : []), ...changedTables(before, await seen())];
  } catch (error) {
    await client.query("rollback to savepoint trial");
    const { code, message } = error as { code?: string; message: string };
    // Refused by row-level security, or by a constraint within its tenant. After any other error
    // the statement has proved nothing.
    return code === INSUFFICIENT_PRIVILEGE || code?.startsWith("23") ? [] : [`could not be tried (${code} ${message})`];
  }
}
