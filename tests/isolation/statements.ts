import type { ClientBase } from "pg";
import type { Exploration } from "./exploration.ts";
import { leaks } from "./judgement.ts";
import { REFUSED } from "./row-security.ts";
import type { Statement } from "./sql-tap.ts";
import { tablesOf, withoutTenantFilter } from "./tenant-filter.ts";
import { asTenant, changes, type Snapshot, snapshot, type Tables } from "./tenant-rows.ts";

/** Each text once, with values that it was sent with for the explored tenant where there are any; only what touches one of `tables`. */
export function distinct(statements: readonly Statement[], tables: readonly string[], tenant: number): Statement[] {
  const names = new Set(tables.map((table) => table.split(".").at(-1)));
  const ofTenant = ({ scope }: Statement) => typeof scope === "object" && scope.tenant === tenant;
  return [...Map.groupBy(statements, ({ text }) => text)].flatMap(([text, sent]) =>
    tablesOf(text).some((table) => names.has(table)) ? [sent.findLast(ofTenant) ?? sent.at(-1)!] : [],
  );
}

/** How a statement is sent again. */
export interface Replay {
  what: string;
  text: string;
}

/** As the service wrote it, with the explored tenant's number bound; and with its own filter taken out, where it has one. */
export function replays({ text }: Statement): Replay[] {
  const unfiltered = withoutTenantFilter(text);
  const asWritten = { what: "with the other tenant's number", text };
  return unfiltered.removed === 0 ? [asWritten] : [asWritten, { what: "without its tenant filter", text: unfiltered.text }];
}

/** A line for each way in which the statement, under another tenant or none, shows or changes rows of the explored one. */
export async function statementFindings(
  at: Tables,
  exploration: Exploration,
  tables: readonly string[],
  statement: Statement,
  foreign: number,
): Promise<string[]> {
  const victim = exploration.actor.tenant;
  const findings: string[] = [];
  for (const { what, text } of replays(statement)) {
    for (const tenant of [foreign, undefined]) {
      const who = tenant === undefined ? "without a tenant" : "as a foreign tenant";
      const found = await asTenant(at, tenant, (client) => trial(client, exploration, tables, { ...statement, text }, victim));
      findings.push(...found.map((one) => `${one}, ${who}, ${what}: ${statement.text.replace(/\s+/g, " ")}`));
    }
  }
  return findings;
}

async function trial(
  client: ClientBase,
  exploration: Exploration,
  tables: readonly string[],
  { text, values }: Statement,
  victim: number,
): Promise<string[]> {
  const seen = async (): Promise<Snapshot> => {
    await client.query(`set local app.tenant_id = '${victim}'`);
    return snapshot(client, tables, victim);
  };
  const { rows: scope } = await client.query<{ tenant: string }>("select current_setting('app.tenant_id', true) as tenant");
  const before = await seen();
  await client.query(`set local app.tenant_id = '${scope[0]?.tenant ?? ""}'`);
  await client.query("savepoint trial");
  try {
    const { rows } = await client.query(text, [...values]);
    const shown = leaks(exploration, JSON.stringify(rows));
    return [...(shown.length > 0 ? [`shows ${shown.join(", ")}`] : []), ...changes(before, await seen())];
  } catch (error) {
    await client.query("rollback to savepoint trial");
    const { code, message } = error as { code?: string; message: string };
    // Row-level security, or a constraint within its own tenant, has refused it; anything else would mean that it was never tried.
    return code === REFUSED || code?.startsWith("23") ? [] : [`could not be tried (${code} ${message})`];
  }
}
