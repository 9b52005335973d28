import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Client, DatabaseError } from "pg";
import { checksumOf, findRewrittenHistory, findTransactionControl, lineAt, type MigrationFile } from "../migration-files.ts";
import type { MigrationsInputs } from "../migrations.ts";
import { splitStatements } from "../sql-statements.ts";
import { hasCitus, inTransaction, isTransient } from "./database.ts";
import { codeOf, Refusal, reasonOf } from "./faults.ts";

const TURN_MINUTES = 10;

/** Folders are relative to the root of the repository, wherever the provider host was started. */
const root = resolve(import.meta.dirname, "../../..");

/** Files of `service` that the database has, in their order. */
export async function findApplied(client: Client, service: string): Promise<MigrationFile[]> {
  const { rows: table } = await client.query<{ exists: boolean }>("select to_regclass('plinth_migrations') is not null as exists");
  if (!table[0]!.exists) return [];
  const { rows } = await client.query<MigrationFile>("select name, checksum from plinth_migrations where service = $1 order by name", [
    service,
  ]);
  return rows;
}

/** Applies what is missing. Safe to repeat after any interruption, and to run from two places at once. */
export async function migrate(
  client: Client,
  { service, directory, files }: MigrationsInputs,
): Promise<{ applied: string[]; distributed: boolean }> {
  const folder = resolve(root, directory);
  await takeTurn(client, service);
  const distributed = await prepare(client);
  const applied = await findApplied(client, service);
  const rewritten = findRewrittenHistory(applied, files);
  if (rewritten) throw new Refusal(`${directory}: ${rewritten.reason}`);
  const done = new Set(applied.map(({ name }) => name));
  const pending = files.filter(({ name }) => !done.has(name)).map((file) => ({ ...file, sql: readChecked(folder, directory, file) }));
  for (const file of pending) await applyFile(client, service, directory, file);
  return { applied: files.map(({ name }) => name), distributed };
}

/** A lock held by the session over all files: a second run waits here, then finds nothing to do. A broken connection frees it. */
async function takeTurn(client: Client, service: string): Promise<void> {
  await client.query(`set lock_timeout = '${TURN_MINUTES}min'`);
  await client.query("select pg_advisory_lock(hashtextextended($1, 0))", [`plinth:migrations:${service}`]).catch((error: unknown) => {
    if (codeOf(error) !== "55P03") throw error;
    throw new Refusal(
      `another run has been applying the migrations of ${service} for ${TURN_MINUTES} minutes; wait for it, or end its session (application_name plinth in pg_stat_activity)`,
    );
  });
  await client.query("reset lock_timeout");
}

/** All files are read and judged before the first one runs. */
function readChecked(folder: string, directory: string, { name, checksum }: MigrationFile): string {
  const sql = readFileSync(resolve(folder, name), "utf8");
  if (checksumOf(sql) !== checksum) throw new Refusal(`${directory}/${name} changed after this run had read it; run again`);
  const control = findTransactionControl(sql);
  if (control)
    throw new Refusal(
      `${directory}/${name} line ${control.line}: ${control.statement} has no place here, each file is one transaction already; remove it`,
    );
  return sql;
}

async function applyFile(
  client: Client,
  service: string,
  directory: string,
  { name, checksum, sql }: MigrationFile & { sql: string },
): Promise<void> {
  await inTransaction(client, undefined, async () => {
    for (const { text, start } of splitStatements(sql)) {
      await client.query(text).catch((error: unknown) => {
        throw explain(error, `${directory}/${name}`, (position) => lineAt(sql, start + position));
      });
    }
    await client.query("insert into plinth_migrations (service, name, checksum) values ($1, $2, $3)", [service, name, checksum]);
  });
}

/** PostgreSQL's own words, with the file and line but without the SQL, which may hold a secret. A broken connection is passed on as it is. */
function explain(error: unknown, file: string, lineOf: (position: number) => number): unknown {
  const { severity, position, hint } = error as Partial<DatabaseError>;
  if (severity === undefined || isTransient(error)) return error;
  // An error of running rather than of reading has no position: the statement's first line stands for it.
  const line = lineOf(Number(position ?? 1));
  const help = hint === undefined ? "" : `; ${hint}`;
  return new Refusal(
    `${file} line ${line}: ${reasonOf(error)} (${codeOf(error)})${help}. This file was rolled back; the files before it stay applied`,
  );
}

/** `select plinth_distribute('bets')` in a migration: one line that holds on Citus and on plain PostgreSQL. Returns whether it is distributed. */
const DISTRIBUTE = `
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

/** The table of applied files and the function, made once. Under a lock, because two services may be first at the same moment. */
async function prepare(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ ready: boolean }>(
    `select to_regclass('plinth_migrations') is not null
        and coalesce((select md5(prosrc) = md5($1) from pg_proc where oid = to_regprocedure('plinth_distribute(text)')), false) as ready`,
    [DISTRIBUTE.split("$$")[1]],
  );
  if (!rows[0]!.ready) {
    await inTransaction(client, "plinth:migrations", async () => {
      await client.query(
        `create table if not exists plinth_migrations (
           service text not null, name text not null, checksum text not null, applied_at timestamptz not null default now(),
           primary key (service, name)
         )`,
      );
      await client.query(DISTRIBUTE);
    });
  }
  return hasCitus(client);
}
