import type { ClientBase } from "pg";
import { asTenant, changedTables, type ServiceTables, snapshotOf } from "../../support/services/tenant-rows.ts";

/** SQLSTATE of a row that a policy refuses. */
export const INSUFFICIENT_PRIVILEGE = "42501";

/**
 * Returns a line for each way in which the database does not protect a table's rows of `victim`:
 * row-level security must be on, hold for the owner, and show, change and accept no such row for
 * others.
 */
export async function tableFindings(
  at: ServiceTables,
  table: string,
  victim: number,
  foreign: number,
): Promise<string[]> {
  const findings: string[] = [];
  const claim = (holds: boolean, finding: string) => void (holds || findings.push(`${table}: ${finding}`));
  const { rows } = await at.sql.query<{ enabled: boolean; forced: boolean; policies: string; superuser: boolean }>(
    `select relrowsecurity as enabled, relforcerowsecurity as forced, (select count(*) from pg_policy where polrelid = c.oid) as policies,
       (select rolsuper or rolbypassrls from pg_roles where rolname = current_user) as superuser
     from pg_class c where oid = $1::regclass`,
    [table],
  );
  const [security] = rows;
  claim(security?.enabled === true, "row-level security is not enabled");
  claim(security?.forced === true, "row-level security is not forced, so its owner bypasses it");
  claim(Number(security?.policies) > 0, "it has no policy");
  claim(security?.superuser === false, "this test's role bypasses row-level security, so this test proves nothing");
  const before = await snapshotOf(at, [table], victim);
  for (const tenant of [foreign, undefined]) {
    const who = tenant === undefined ? "without a tenant" : "as a foreign tenant";
    await asTenant(at, tenant, async (client) => {
      const count = async (text: string) => (await attempt(client, text)).rows;
      if (before[table]?.rows === 0)
        claim((await seed(client, table, victim, tenant)) === undefined, "has no row to test with, and accepts none");
      claim((await count(`select 1 from ${table} where tenant_id = ${victim}`)) === 0, `shows rows ${who}`);
      claim(
        (await count(`update ${table} set tenant_id = tenant_id where tenant_id = ${victim}`)) === 0,
        `lets rows be changed ${who}`,
      );
      claim((await count(`delete from ${table} where tenant_id = ${victim}`)) === 0, `lets rows be deleted ${who}`);
      claim((await insertion(client, table, victim)) === INSUFFICIENT_PRIVILEGE, `accepts rows ${who}`);
    });
  }
  await asTenant(at, foreign, async (client) => {
    const { rows: given, refused } = await attempt(client, `update ${table} set tenant_id = ${victim}`);
    claim(given === 0 || refused === INSUFFICIENT_PRIVILEGE, "lets rows be given to another tenant");
  });
  findings.push(...changedTables(before, await snapshotOf(at, [table], victim)));
  return findings;
}

/**
 * Inserts a row of `tenant` into an empty table, such as a queue, and continues as `next`. Returns
 * the SQLSTATE of a failure.
 */
async function seed(
  client: ClientBase,
  table: string,
  tenant: number,
  next: number | undefined,
): Promise<string | undefined> {
  await client.query(`set local app.tenant_id = '${tenant}'`);
  const refused = await insertion(client, table, tenant);
  await client.query(next === undefined ? "reset app.tenant_id" : `set local app.tenant_id = '${next}'`);
  return refused;
}

/**
 * Tries to insert a row of `tenant` and returns the SQLSTATE of a failure. Policies come before
 * constraints, so the row may violate those.
 */
async function insertion(client: ClientBase, table: string, tenant: number): Promise<string | undefined> {
  const { rows } = await client.query<{ name: string; value: string }>(
    `select quote_ident(attname) as name,
       case when attname = 'tenant_id' then '${tenant}' when typname = 'uuid' then 'gen_random_uuid()' when typcategory = 'N' then '1'
         when typcategory = 'D' then 'now()' when typcategory = 'B' then 'true' when typname in ('json', 'jsonb') then '''{}''' else '''x''' end as value
     from pg_attribute join pg_type t on t.oid = atttypid
     where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = '' and (attnotnull or attname = 'tenant_id')`,
    [table],
  );
  const [names, values] = [rows.map(({ name }) => name), rows.map(({ value }) => value)];
  return (await attempt(client, `insert into ${table} (${names.join(", ")}) values (${values.join(", ")})`)).refused;
}

interface Attempt {
  /**
   * Rows that the statement reached; NaN if it failed, because a constraint fails only on a row.
   */
  rows: number;
  /** SQLSTATE. */
  refused?: string;
}

/** Runs a statement in a transaction that continues after a failure. */
async function attempt(client: ClientBase, text: string): Promise<Attempt> {
  await client.query("savepoint attempt");
  try {
    return { rows: (await client.query(text)).rowCount ?? 0 };
  } catch (error) {
    await client.query("rollback to savepoint attempt");
    return { rows: Number.NaN, refused: (error as { code?: string }).code ?? String(error) };
  }
}
