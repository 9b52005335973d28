import type { ClientBase, Pool } from "pg";

/** A service's tables, as its database role sees them. */
export interface ServiceTables {
  sql: Pool;
  /** The service's schema. */
  schema: string;
}

/** Number and digest of one tenant's rows, by table. */
export type TenantSnapshot = Record<string, { rows: number; digest: string }>;

/** Qualified names of the tables with a tenant. */
export async function tenantTables({ sql, schema }: ServiceTables): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `select format('%I.%I', c.table_schema, c.table_name) as name from information_schema.columns c
     join information_schema.tables t using (table_schema, table_name)
     where c.table_schema = $1 and c.column_name = 'tenant_id' and t.table_type = 'BASE TABLE' order by 1`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

/**
 * Runs `work` in a transaction that is rolled back.
 * @param tenant undefined sets no tenant
 */
export async function asTenant<T>(
  { sql, schema }: ServiceTables,
  tenant: number | undefined,
  work: (client: ClientBase) => Promise<T>,
): Promise<T> {
  const client = await sql.connect();
  try {
    await client.query(`begin; set local search_path = "${schema}", public`);
    if (tenant !== undefined) await client.query(`set local app.tenant_id = '${tenant}'`);
    return await work(client);
  } finally {
    await client.query("rollback");
    client.release();
  }
}

/** Call it inside {@link asTenant}. */
export async function snapshot(client: ClientBase, tables: readonly string[], tenant: number): Promise<TenantSnapshot> {
  const tablesOfTenant: TenantSnapshot = {};
  for (const table of tables) {
    const { rows } = await client.query<{ rows: string; digest: string }>(
      `select count(*) as rows, md5(coalesce(string_agg(t::text, '\n' order by t::text), '')) as digest from ${table} t where tenant_id = $1`,
      [tenant],
    );
    tablesOfTenant[table] = { rows: Number(rows[0]?.rows), digest: rows[0]?.digest ?? "" };
  }
  return tablesOfTenant;
}

/** One tenant's rows as text. Call it inside {@link asTenant}. */
export async function textOfRows(client: ClientBase, tables: readonly string[], tenant: number): Promise<string> {
  const texts: string[] = [];
  for (const table of tables) {
    const { rows } = await client.query(`select t::text from ${table} t where tenant_id = $1`, [tenant]);
    texts.push(JSON.stringify(rows));
  }
  return texts.join("\n");
}

export function snapshotOf(at: ServiceTables, tables: readonly string[], tenant: number): Promise<TenantSnapshot> {
  return asTenant(at, tenant, (client) => snapshot(client, tables, tenant));
}

/** Returns a line for each table whose rows changed. */
export function changedTables(before: TenantSnapshot, after: TenantSnapshot): string[] {
  return Object.entries(before).flatMap(([table, { rows, digest }]) => {
    const now = after[table];
    return now?.digest === digest
      ? []
      : [`the tenant's rows in ${table} changed: ${rows} before, ${now?.rows ?? 0} after`];
  });
}
