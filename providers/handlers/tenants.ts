import type { Client } from "pg";
import { printDiagnostic } from "../clients/diagnostics.ts";
import { errorReason } from "../clients/errors.ts";
import {
  databaseUrlError,
  hasCitus,
  inTransaction,
  toDatabaseAddress,
  withDatabase,
} from "../clients/postgres/database.ts";
import { lockUndeclared, readUndeclared } from "../clients/postgres/tenant-locks.ts";
import type { Handler } from "../dynamic-resource.ts";
import { countIds, formatTenantIds, parseTenantIds, subtractRanges } from "../tenancy/ids.ts";
import type { TenantRowsInputs as Inputs, TenantRowsOutputs as Outputs } from "../tenants.ts";
import { TENANTS_PREVIEW_TIMEOUT_MS } from "./host/deadlines.ts";
import { type Drift, hasDrift } from "./host/drift.ts";
import { hasChanged, isUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";

/**
 * Creates the handler of the rows of `tenants`.
 *
 * @param options.deadlineMs how long to wait for a database that does not answer
 */
export function createTenantRowsHandler({ deadlineMs = 30_000 } = {}): Handler<Inputs, Outputs> {
  const seed = (inputs: Inputs) =>
    withDatabase(toDatabaseAddress(inputs), deadlineMs, (client) => insertTenants(client, inputs));
  return endingWithItsServer({
    async check(_olds, news) {
      return { inputs: news, failures: toCheckFailures(findInputErrors(news)) };
    },
    async diff(_id, olds, news) {
      const keys = ["databaseUrl", "cluster", "batch", "tenants", "declared", "providerVersion"] as const;
      if (hasChanged(olds, news, ["declared"]))
        await describeLocks(olds, news, Math.min(deadlineMs, TENANTS_PREVIEW_TIMEOUT_MS));
      return {
        changes:
          hasChanged(olds, news, keys) ||
          (await hasDrift(news.cluster, (lookMs) =>
            withDatabase(toDatabaseAddress(news), Math.min(deadlineMs, lookMs), (client) => findMissing(client, news)),
          )),
      };
    },
    async create(inputs) {
      return { id: `tenants/${inputs.batch}`, outs: await seed(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await seed(news) };
    },
    async read(id, props) {
      const { databaseUrl, cluster, batch, declared, providerVersion } = props;
      const { tenants, distributed } = await withDatabase(toDatabaseAddress(props), deadlineMs, (client) =>
        readTenantRows(client, props.tenants),
      );
      const optional = { ...(cluster && { cluster }), ...(declared !== undefined && { declared }) };
      const inputs = { databaseUrl, ...optional, batch, providerVersion, tenants };
      return {
        id: tenants === "" ? "" : id,
        props: { ...props, tenants, rows: countRows(tenants), distributed },
        inputs,
      };
    },
    /** Rows stay: they are the tenant's data. Deleting a tenant is a separate decision. */
    async delete() {},
  });
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
 * Adds to the plan which tenants are locked out. The state says it, unless another batch had the
 * declared ids before; the database then does.
 */
async function describeLocks(olds: Outputs, news: Inputs, deadlineMs: number): Promise<void> {
  if (isUnknown(news.declared) || isUnknown(news.databaseUrl)) return;
  const declared = parseTenantIds(news.declared ?? "");
  const leaving =
    olds.declared === undefined
      ? await withDatabase(toDatabaseAddress(news), deadlineMs, (client) => readUndeclared(client, declared)).catch(
          () => [],
        )
      : subtractRanges(parseTenantIds(olds.declared), declared);
  if (leaving.length > 0)
    printDiagnostic(
      `tenants locked out: ${formatTenantIds(leaving)}; their data stays, their requests are refused within seconds`,
    );
}

/** Held to create or distribute the table: two concurrent `create table if not exists` may fail. */
const TENANTS_LOCK = "plinth:tenants";

async function insertTenants(client: Client, inputs: Inputs): Promise<Outputs> {
  const distributed = await ensureTable(client);
  const ranges = parseTenantIds(inputs.tenants);
  // Sends ranges, so that a hundred thousand tenants are a request of some bytes. Existing rows are
  // not written again.
  await client.query(
    `insert into tenants (id)
     select id from unnest($1::bigint[], $2::bigint[]) as range(first, last), generate_series(first, last) as id
     on conflict (id) do nothing`,
    [ranges.map(([first]) => first), ranges.map(([, last]) => last)],
  );
  if (inputs.declared !== undefined) await lockUndeclared(client, inputs.declared, TENANTS_LOCK);
  return { ...inputs, rows: countIds(ranges), distributed, onRemoval: "rows are kept" };
}

/** Creates the table, and distributes it by tenant on Citus. Returns true if it is distributed. */
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
  // Two statements, because pg_dist_partition does not exist without the extension.
  const { rows } = await client.query<{ exists: boolean }>("select to_regclass('tenants') is not null as exists");
  const exists = rows[0]!.exists;
  if (!citus || !exists) return { exists, distributed: false };
  const { rowCount } = await client.query("select from pg_dist_partition where logicalrelid = 'tenants'::regclass");
  return { exists, distributed: rowCount === 1 };
}

async function findMissing(client: Client, { tenants }: Inputs): Promise<Drift> {
  const missing = countRows(tenants) - countRows((await readTenantRows(client, tenants)).tenants);
  return {
    mended: missing === 0 ? [] : [`${missing} of the tenants ${tenants} have no row in the database`],
    said: [],
  };
}

/** @param tenants as `readTenantRows` finds them: empty if there are none */
const countRows = (tenants: string) => (tenants === "" ? 0 : countIds(parseTenantIds(tenants)));

/** Finds which declared ids have a row. */
async function readTenantRows(client: Client, declared: string): Promise<{ tenants: string; distributed: boolean }> {
  const { exists, distributed } = await readTableState(client, await hasCitus(client));
  if (!exists || declared === "") return { tenants: "", distributed };
  const ranges = parseTenantIds(declared);
  const bounds = [ranges.map(([first]) => first), ranges.map(([, last]) => last)];
  const { rows } = await client.query<{ first: string; last: string }>(
    // Citus runs the first two steps on its workers, and the rest on their result here. The rest
    // finds islands of consecutive ids: an id minus its rank is constant within one.
    `with wanted as materialized (
       select id from unnest($1::bigint[], $2::bigint[]) as range(first, last), generate_series(first, last) as id
     ), present as materialized (select id from tenants join wanted using (id))
     select min(id) as first, max(id) as last
     from (select id, id - row_number() over (order by id) as island from present) as ranked
     group by island order by 1`,
    bounds,
  );
  return { tenants: formatTenantIds(rows.map(({ first, last }) => [Number(first), Number(last)])), distributed };
}
