import { createHash } from "node:crypto";
import type { Client } from "pg";
import { hasCitus, inTransaction } from "../../clients/postgres/database.ts";

/**
 * `select plinth_distribute('bets')` in a migration distributes a table on Citus, and does nothing
 * on plain PostgreSQL. Returns whether the table is distributed.
 */
const DISTRIBUTE_FUNCTION = `
create or replace function plinth_distribute(table_name text) returns boolean language plpgsql as $$
declare
  already boolean;
begin
  if not exists (select from pg_extension where extname = 'citus') then return false; end if;
  -- Dynamic, because these names exist only with the extension.
  execute 'select exists (select from pg_dist_partition where logicalrelid = $1::regclass)' into already using table_name;
  if not already then
    execute 'select create_distributed_table($1::regclass, ''tenant_id'', colocate_with => ''tenants'')' using table_name;
  end if;
  return true;
end $$`;

/**
 * `select plinth_reference('countries')`: the same for a table that every node holds completely.
 */
const REFERENCE_FUNCTION = `
create or replace function plinth_reference(table_name text) returns boolean language plpgsql as $$
declare
  already boolean;
begin
  if not exists (select from pg_extension where extname = 'citus') then return false; end if;
  execute 'select exists (select from pg_dist_partition where logicalrelid = $1::regclass)' into already using table_name;
  if not already then
    execute 'select create_reference_table($1::regclass)' using table_name;
  end if;
  return true;
end $$`;

const FUNCTIONS = [DISTRIBUTE_FUNCTION, REFERENCE_FUNCTION];

/**
 * Creates the table of applied files and the functions if they are missing or differ. Takes a lock,
 * because two services may be the first at once. Returns true on Citus.
 */
export async function createMigrationObjects(client: Client): Promise<boolean> {
  const bodies = FUNCTIONS.map((sql) => createHash("md5").update(sql.split("$$")[1]!).digest("hex"));
  const { rows } = await client.query<{ ready: boolean }>(
    `select to_regclass('plinth_migrations') is not null and $1::text[] <@ array(
       select md5(prosrc) from pg_proc where oid in (to_regprocedure('plinth_distribute(text)'), to_regprocedure('plinth_reference(text)'))
     ) as ready`,
    [bodies],
  );
  if (!rows[0]!.ready) {
    await inTransaction(client, "plinth:migrations", async () => {
      await client.query(
        `create table if not exists plinth_migrations (
           service text not null, name text not null, checksum text not null, applied_at timestamptz not null default now(),
           primary key (service, name)
         )`,
      );
      for (const sql of FUNCTIONS) await client.query(sql);
    });
  }
  return hasCitus(client);
}
