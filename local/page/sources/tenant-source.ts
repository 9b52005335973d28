import type { Client } from "pg";
import { PageError } from "../model/page-error.ts";
import type { TenantSummary } from "../model/platform.ts";
import type { TenantSource } from "../model/sources.ts";

export interface TenantSourceSettings {
  /** Of the role that services connect as. */
  databaseUrl: string;
  /** Lines of the last day by tenant; others than those that are asked for may be among them. */
  countLines: (tenants: readonly number[]) => Promise<ReadonlyMap<number, number>>;
  /** Users of the cache; none where they cannot be listed. */
  listCacheUsers: () => Promise<readonly string[]>;
}

/** Each tenant is some queries more. */
const MAX_TENANTS = 200;
/** A larger table is not counted to its end. */
const MAX_ROWS = 100_000;
const DEADLINE_MS = 10_000;
const COUNTING_MS = 6000;

/** The tenants in the database, with what each has. */
export class DatabaseTenants implements TenantSource {
  private readonly settings: TenantSourceSettings;

  constructor(settings: TenantSourceSettings) {
    this.settings = settings;
  }

  async list(): Promise<TenantSummary[]> {
    const { countLines, listCacheUsers } = this.settings;
    const tenants = await this.readRows();
    const [lines, users] = await Promise.all([
      countLines(tenants.map(({ id }) => id)).catch(() => new Map<number, number>()),
      listCacheUsers().catch((): readonly string[] => []),
    ]);
    return tenants.map(({ id, rows }) => {
      const user = `tenant-${id}`;
      return { id, name: user, rows, lines: lines.get(id) ?? 0, ...(users.includes(user) && { cacheUser: user }) };
    });
  }

  private async readRows(): Promise<Pick<TenantSummary, "id" | "rows">[]> {
    const { default: pg } = await import("pg");
    const client = new pg.Client({
      connectionString: this.settings.databaseUrl,
      application_name: "plinth-page",
      connectionTimeoutMillis: 3000,
      query_timeout: DEADLINE_MS,
      statement_timeout: DEADLINE_MS,
    });
    // Emitted when the connection breaks; unheard, it would end the process.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await countRows(client);
    } catch (error) {
      throw new PageError(503, `The database does not answer: ${(error as Error).message}`);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

/** Row-level security shows a transaction the rows of the tenant that it names, and no others. */
async function countRows(client: Client): Promise<Pick<TenantSummary, "id" | "rows">[]> {
  const tables = await tenantTables(client);
  const { rows: known } = await client.query<{ id: string }>("select id from tenants order by id limit $1", [
    MAX_TENANTS,
  ]);
  const counts = tables.map(
    (table) => `(select count(*) from (select 1 from ${table} where tenant_id = $1 limit ${MAX_ROWS}) t)`,
  );
  const until = Date.now() + COUNTING_MS;
  const found: Pick<TenantSummary, "id" | "rows">[] = [];
  for (const { id } of known) {
    if (tables.length === 0 || Date.now() > until) {
      found.push({ id: Number(id), rows: {} });
      continue;
    }
    await client.query("begin read only");
    await client.query("select set_config('app.tenant_id', $1, true)", [id]);
    const { rows } = await client.query<string[]>({
      text: `select ${counts.map((count, index) => `${count} as n${index}`).join(", ")}`,
      values: [id],
      rowMode: "array",
    });
    await client.query("rollback");
    const entries = tables.map((table, index) => [table.replaceAll('"', ""), Number(rows[0]![index])] as const);
    found.push({ id: Number(id), rows: Object.fromEntries(entries.filter(([, count]) => count > 0)) });
  }
  return found;
}

/** Quoted names of the tables with the column `tenant_id`, with their schema where it is needed. */
async function tenantTables(client: Client): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select c.oid::regclass::text as name from pg_class c
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition and n.nspname !~ '^(pg_|information_schema|citus)'
       and has_table_privilege(c.oid, 'select')
     order by 1 limit 100`,
  );
  return rows.map(({ name }) => name);
}
