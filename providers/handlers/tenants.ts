import "./host/orphan-watch.ts";
import type { Client } from "pg";
import { errorReason } from "../clients/errors.ts";
import {
  databaseUrlError,
  hasCitus,
  inTransaction,
  toDatabaseAddress,
  withDatabase,
} from "../clients/postgres/database.ts";
import type { Handler } from "../dynamic-resource.ts";
import { countIds, formatTenantIds, parseTenantIds } from "../tenancy/ids.ts";
import type { TenantRowsInputs as Inputs, TenantRowsOutputs as Outputs } from "../tenants.ts";
import { hasChanged, isUnknown, toCheckFailures } from "./host/inputs.ts";

/**
 * Rows of the tenants table. `deadlineMs`: how long a database that does not answer is waited for.
 */
export function createTenantRowsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const seedAll = (inputs: Inputs) =>
    withDatabase(toDatabaseAddress(inputs), deadlineMs, (client) => insertTenants(client, inputs));
  return {
    async check(_olds, news) {
      return { inputs: news, failures: toCheckFailures(findInputErrors(news)) };
    },
    async diff(_id, olds, news) {
      const keys = ["databaseUrl", "cluster", "batch", "tenants", "providerVersion"] as const;
      return { changes: hasChanged(olds, news, keys) };
    },
    async create(inputs) {
      return { id: `tenants/${inputs.batch}`, outs: await seedAll(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await seedAll(news) };
    },
    async read(id, props) {
      const { databaseUrl, cluster, batch, providerVersion } = props;
      const { tenants, distributed } = await withDatabase(toDatabaseAddress(props), deadlineMs, (client) =>
        readTenantRows(client, props.tenants),
      );
      const inputs = { databaseUrl, ...(cluster && { cluster }), batch, providerVersion, tenants };
      const rows = tenants === "" ? 0 : countIds(parseTenantIds(tenants));
      return { id: tenants === "" ? "" : id, props: { ...props, tenants, rows, distributed }, inputs };
    },
    /** Rows stay: they are the tenant's data. Deleting a tenant is a decision of its own. */
    async delete() {},
  };
}

export const handler = createTenantRowsHandler();

function findInputErrors({ databaseUrl, tenants }: Inputs): string[] {
  const mistake = isUnknown(databaseUrl) ? undefined : databaseUrlError(databaseUrl);
  const reasons = mistake === undefined ? [] : [mistake];
  try {
    if (!isUnknown(tenants)) parseTenantIds(tenants);
  } catch (error) {
    reasons.push(errorReason(error));
  }
  return reasons;
}

/**
 * Shared by all who make or distribute the table: `create table if not exists` alone fails when two
 * do it at once.
 */
const TENANTS_LOCK = "plinth:tenants";

async function insertTenants(client: Client, inputs: Inputs): Promise<Outputs> {
  const distributed = await ensureTable(client);
  const ranges = parseTenantIds(inputs.tenants);
  // Ranges rather than ids travel: a hundred thousand tenants are a request of some bytes. Rows
  // that are there are not written again.
  await client.query(
    `insert into tenants (id)
     select id from unnest($1::bigint[], $2::bigint[]) as range(first, last), generate_series(first, last) as id
     on conflict (id) do nothing`,
    [ranges.map(([first]) => first), ranges.map(([, last]) => last)],
  );
  return { ...inputs, rows: countIds(ranges), distributed, onRemoval: "rows are kept" };
}

/**
 * Makes the table and, where the Citus extension is, distributes it by tenant. Returns whether it
 * is distributed.
 */
async function ensureTable(client: Client): Promise<boolean> {
  const citus = await hasCitus(client);
  const { exists, distributed } = await readTableState(client, citus);
  if (exists && distributed === citus) return distributed;
  return inTransaction(client, TENANTS_LOCK, async () => {
    await client.query(
      "create table if not exists tenants (id bigint primary key, created_at timestamptz not null default now())",
    );
    const state = await readTableState(client, citus);
    if (citus && !state.distributed) await client.query("select create_distributed_table('tenants', 'id')");
    return citus;
  });
}

async function readTableState(client: Client, citus: boolean): Promise<{ exists: boolean; distributed: boolean }> {
  // Two statements, because pg_dist_partition is a table of the extension: naming it without the
  // extension is an error.
  const { rows } = await client.query<{ exists: boolean }>("select to_regclass('tenants') is not null as exists");
  const exists = rows[0]!.exists;
  if (!citus || !exists) return { exists, distributed: false };
  const { rowCount } = await client.query("select from pg_dist_partition where logicalrelid = 'tenants'::regclass");
  return { exists, distributed: rowCount === 1 };
}

/** Which of the declared ids are there. */
async function readTenantRows(client: Client, declared: string): Promise<{ tenants: string; distributed: boolean }> {
  const { exists, distributed } = await readTableState(client, await hasCitus(client));
  if (!exists || declared === "") return { tenants: "", distributed };
  const ranges = parseTenantIds(declared);
  const wanted = [ranges.map(([first]) => first), ranges.map(([, last]) => last)];
  const { rows } = await client.query<{ first: string; last: string }>(
    // Citus runs the first two steps on its workers and the rest, which is over their result alone,
    // here. Islands of consecutive ids: an id minus its rank is the same within one.
    `with wanted as materialized (
       select id from unnest($1::bigint[], $2::bigint[]) as range(first, last), generate_series(first, last) as id
     ), present as materialized (select id from tenants join wanted using (id))
     select min(id) as first, max(id) as last
     from (select id, id - row_number() over (order by id) as island from present) as ranked
     group by island order by 1`,
    wanted,
  );
  return { tenants: formatTenantIds(rows.map(({ first, last }) => [Number(first), Number(last)])), distributed };
}
