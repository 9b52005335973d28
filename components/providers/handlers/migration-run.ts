import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { Client, DatabaseError } from "pg";
import { readDirectives } from "../../migrations/directives.ts";
import { checksumOf, findRewrittenHistory, findTransactionControl, lineAt, type MigrationFile } from "../migration-files.ts";
import type { MigrationsInputs } from "../migrations.ts";
import { splitStatements } from "../sql-statements.ts";
import { inTransaction, isTransient } from "./database.ts";
import { codeOf, Refusal, reasonOf } from "./faults.ts";
import { prepare } from "./migration-functions.ts";
import { runAlone } from "./migration-index.ts";

const TURN_MINUTES = 10;
const TURN_POLL_MS = 100;
const INSUFFICIENT_PRIVILEGE = "42501";

/** Folders are relative to the root of the repository, wherever the provider host was started. */
export const root = resolve(import.meta.dirname, "../../..");

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
  if (pending.length > 0) await enterSchema(client, service);
  for (const file of pending) await applyFile(client, service, directory, file);
  return { applied: files.map(({ name }) => name), distributed };
}

/**
 * A lock held by the session over all files: a second run waits here, then finds nothing to do. A broken connection frees it, though not before
 * the server has ended the statement that it was carrying out. It is asked for again and again rather than waited for, since a session that
 * waits in a statement is one that `create index concurrently` waits for.
 */
async function takeTurn(client: Client, service: string): Promise<void> {
  const end = Date.now() + TURN_MINUTES * 60_000;
  for (;;) {
    const lock = "select pg_try_advisory_lock(hashtextextended($1, 0)) as mine";
    const { rows } = await client.query<{ mine: boolean }>(lock, [`plinth:migrations:${service}`]);
    if (rows[0]!.mine) return;
    if (Date.now() >= end)
      throw new Refusal(
        `another run has been applying the migrations of ${service} for ${TURN_MINUTES} minutes; wait for it, or end its session (application_name plinth in pg_stat_activity)`,
      );
    await pause(TURN_POLL_MS);
  }
}

/**
 * What the files make is made in a schema of the service's name, so that two services may both have an `outbox`. The session's own path comes
 * after it: there are the tenants and the platform's functions, and there stay the tables of a service that is older than its schema.
 */
async function enterSchema(client: Client, service: string): Promise<void> {
  const { rows } = await client.query<{ exists: boolean; user: string; database: string }>(
    `select exists (select from pg_namespace where nspname = $1) as exists, current_user as "user", current_database() as database`,
    [service],
  );
  const { exists, user, database } = rows[0]!;
  // PostgreSQL looks for everything in the schema named as the user first, also for what belongs to all services.
  if (service === user) throw new Refusal(`a service cannot have the name of the database's user, ${user}: give the service another one`);
  if (!exists)
    await client.query(`create schema if not exists "${service}"`).catch((error: unknown) => {
      if (codeOf(error) !== INSUFFICIENT_PRIVILEGE) throw error;
      throw new Refusal(
        `${user} may not create the schema of ${service}; as the database's owner: grant create on database "${database}" to "${user}"`,
      );
    });
  const path = "concat_ws(', ', quote_ident($1), nullif(current_setting('search_path'), ''))";
  await client.query(`select set_config('search_path', ${path}, false)`, [service]);
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

/** A file is a transaction, or one statement that runs without. */
async function applyFile(client: Client, service: string, directory: string, file: MigrationFile & { sql: string }): Promise<void> {
  const { name, checksum, sql } = file;
  const record = () =>
    client.query("insert into plinth_migrations (service, name, checksum) values ($1, $2, $3)", [service, name, checksum]);
  const explained = (aftermath: string) => (error: unknown, start: number) => {
    throw explain(error, (position) => `${directory}/${name} line ${lineAt(sql, start + position)}`, aftermath);
  };
  if (readDirectives(sql).noTransaction) {
    await runAlone(client, `${directory}/${name}`, sql, explained("Nothing of this file stays; the files before it stay applied"));
    await record();
    return;
  }
  const failed = explained("This file was rolled back; the files before it stay applied");
  await inTransaction(client, undefined, async () => {
    for (const { text, start } of splitStatements(sql)) await client.query(text).catch((error: unknown) => failed(error, start));
    await record();
  });
}

/** PostgreSQL's own words, with the file and line but without the SQL, which may hold a secret. A broken connection is passed on as it is. */
function explain(error: unknown, placeOf: (position: number) => string, aftermath: string): unknown {
  const { severity, position, hint } = error as Partial<DatabaseError>;
  if (severity === undefined || isTransient(error)) return error;
  // An error of running rather than of reading has no position: the statement's first line stands for it.
  const place = placeOf(Number(position ?? 1));
  const help = hint === undefined ? "" : `; ${hint}`;
  return new Refusal(`${place}: ${reasonOf(error)} (${codeOf(error)})${help}. ${aftermath}`);
}
