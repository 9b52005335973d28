import type { Client } from "pg";
import { type IdRange, parseTenantIds, subtractRanges } from "../../tenancy/ids.ts";
import { inTransaction } from "./database.ts";

/** The ids that a tenant can have. */
const ALL_IDS: IdRange = [1, Number.MAX_SAFE_INTEGER];

/**
 * Locks out the tenants that have a row and are not declared, and lets in the declared ones. On
 * Citus the table stays on the coordinator, where services ask: it is empty or small.
 *
 * @param declared canonical ids, as in "10001,20000-29999"
 * @param lock name of an advisory lock, held to create the table
 */
export async function lockUndeclared(client: Client, declared: string, lock: string): Promise<void> {
  const served = parseTenantIds(declared);
  await ensureTable(client, lock);
  const left = await readUndeclared(client, served);
  await client.query(
    `insert into locked_tenants (id)
     select id from unnest($1::bigint[], $2::bigint[]) as range(first, last), generate_series(first, last) as id
     on conflict (id) do nothing`,
    toBounds(left),
  );
  await client.query(
    "delete from locked_tenants using unnest($1::bigint[], $2::bigint[]) as range(first, last) where id between first and last",
    toBounds(served),
  );
}

/** The tenants that have a row and are not declared. */
export async function readUndeclared(client: Client, declared: readonly IdRange[]): Promise<IdRange[]> {
  const { rows } = await client.query<{ first: string; last: string }>(
    // In steps that Citus can run; islands as in the handler of the rows.
    `with gap as materialized (
       select * from unnest($1::bigint[], $2::bigint[]) as range(first, last)
     ), present as materialized (select id from tenants join gap on id between first and last)
     select min(id) as first, max(id) as last
     from (select id, id - row_number() over (order by id) as island from present) as ranked
     group by island order by 1`,
    toBounds(subtractRanges([ALL_IDS], declared)),
  );
  return rows.map(({ first, last }) => [Number(first), Number(last)]);
}

async function ensureTable(client: Client, lock: string): Promise<void> {
  const { rows } = await client.query<{ exists: boolean }>(
    "select to_regclass('locked_tenants') is not null as exists",
  );
  if (rows[0]?.exists) return;
  await inTransaction(client, lock, () =>
    client.query(
      "create table if not exists locked_tenants (id bigint primary key, locked_at timestamptz not null default now())",
    ),
  );
}

const toBounds = (ranges: readonly IdRange[]) => [ranges.map(([first]) => first), ranges.map(([, last]) => last)];
