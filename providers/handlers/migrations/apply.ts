import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { parseDirectives } from "@plinth/migrations/sql/directives.ts";
import { lineNumberAt } from "@plinth/migrations/sql/line-number.ts";
import { computeChecksum, findRewrittenHistory, type MigrationFile } from "@plinth/migrations/sql/migration-files.ts";
import { loadParser, type SqlParser } from "@plinth/migrations/sql/parser.ts";
import { findTransactionControl, type SqlText } from "@plinth/migrations/sql/statements.ts";
import type { Client, DatabaseError } from "pg";
import { printDiagnostic } from "../../clients/diagnostics.ts";
import { errorCode, errorReason } from "../../clients/errors.ts";
import { inTransaction, isTransientDatabaseError } from "../../clients/postgres/database.ts";
import { describeSession, holderColumns, type LockHolder } from "../../clients/postgres/session-watch.ts";
import type { MigrationsInputs } from "../../migrations.ts";
import { applyConcurrentIndex } from "./concurrent-index.ts";
import { createMigrationObjects } from "./sql-functions.ts";

const LOCK_TIMEOUT_MINUTES = 10;
const LOCK_POLL_MS = 100;
/** Milliseconds after which a person is told whom a run waits for. */
const LOCK_SILENCE_MS = 2_000;
const INSUFFICIENT_PRIVILEGE = "42501";

/** Lists the files of a service that were applied to the database, in their order. */
export async function listApplied(client: Client, service: string): Promise<MigrationFile[]> {
  const { rows: table } = await client.query<{ exists: boolean }>(
    "select to_regclass('plinth_migrations') is not null as exists",
  );
  if (!table[0]!.exists) return [];
  const { rows } = await client.query<MigrationFile>(
    "select name, checksum from plinth_migrations where service = $1 order by name",
    [service],
  );
  return rows;
}

/** Applies the missing files. Safe to repeat after any interruption, and to run twice at once. */
export async function applyMigrations(
  client: Client,
  { service, directory, files }: MigrationsInputs,
): Promise<{ applied: string[]; distributed: boolean }> {
  const folder = resolve(root, directory);
  await acquireMigrationLock(client, service);
  const distributed = await createMigrationObjects(client);
  const applied = await listApplied(client, service);
  const rewritten = findRewrittenHistory(applied, files);
  if (rewritten) throw new UserError(`${directory}: ${rewritten.reason}`);
  const done = new Set(applied.map(({ name }) => name));
  const missing = files.filter(({ name }) => !done.has(name));
  // Without new files the parser is not loaded.
  if (missing.length > 0) {
    const parser = await loadParser();
    const pending = missing.map((file) => readVerified(folder, directory, file, parser));
    await useServiceSchema(client, service);
    for (const file of pending) await applyFile(client, service, directory, file);
  }
  return { applied: files.map(({ name }) => name), distributed };
}

/**
 * Takes a lock that the session holds over all files: a second run waits here, then finds nothing
 * to do. A broken connection frees the lock once the server has finished the current statement.
 * Polls, because `create index concurrently` waits for every session that waits in a statement.
 */
async function acquireMigrationLock(client: Client, service: string): Promise<void> {
  const start = Date.now();
  const end = start + LOCK_TIMEOUT_MINUTES * 60_000;
  let holder: string | undefined;
  for (;;) {
    const lock = "select pg_try_advisory_lock(hashtextextended($1, 0)) as mine";
    const { rows } = await client.query<{ mine: boolean }>(lock, [`plinth:migrations:${service}`]);
    if (rows[0]!.mine) return;
    if (Date.now() >= end)
      throw new UserError(
        `another run has been applying the migrations of ${service} for ${LOCK_TIMEOUT_MINUTES} minutes: ${holder}; wait for it, or end its session`,
      );
    if (holder === undefined && Date.now() - start > LOCK_SILENCE_MS) {
      holder = await findMigrationLockHolder(client, service);
      printDiagnostic(`the migrations of ${service} wait for another run: ${holder}`);
    }
    await pause(LOCK_POLL_MS);
  }
}

/** The session that applies the migrations of the service, as in "process 4711 (plinth, …)". */
async function findMigrationLockHolder(client: Client, service: string): Promise<string> {
  const { rows } = await client.query<LockHolder>(
    `select ${holderColumns} from pg_stat_activity where pid in (
       select l.pid from pg_locks l join pg_database d on d.oid = l.database and d.datname = current_database()
       where l.locktype = 'advisory' and l.granted
         and (l.classid::bigint << 32) | l.objid::bigint = hashtextextended($1, 0))`,
    [`plinth:migrations:${service}`],
  );
  return rows.map(describeSession).join(", ") || "a session that has just ended";
}

/**
 * Creates a schema named after the service and sets it first in the search path, so that two
 * services may both have an `outbox`. The session's own path follows: it has the tenants, the
 * platform's functions, and the tables of a service that is older than its schema.
 */
async function useServiceSchema(client: Client, service: string): Promise<void> {
  const { rows } = await client.query<{ exists: boolean; user: string; database: string }>(
    `select exists (select from pg_namespace where nspname = $1) as exists, current_user as "user", current_database() as database`,
    [service],
  );
  const { exists, user, database } = rows[0]!;
  // PostgreSQL first searches the schema named after the user, also for objects of all services.
  if (service === user)
    throw new UserError(`a service cannot have the name of the database's user, ${user}: give the service another one`);
  if (!exists)
    await client.query(`create schema if not exists "${service}"`).catch((error: unknown) => {
      if (errorCode(error) !== INSUFFICIENT_PRIVILEGE) throw error;
      throw new UserError(
        `${user} may not create the schema of ${service}; as the database's owner: grant create on database "${database}" to "${user}"`,
      );
    });
  const path = "concat_ws(', ', quote_ident($1), nullif(current_setting('search_path'), ''))";
  await client.query(`select set_config('search_path', ${path}, false)`, [service]);
}

interface PendingFile extends MigrationFile {
  sql: string;
  split: SqlText;
}

/** Reads and checks a file; done for all files before the first one runs. */
function readVerified(folder: string, directory: string, file: MigrationFile, parser: SqlParser): PendingFile {
  const { name, checksum } = file;
  const sql = readFileSync(resolve(folder, name), "utf8");
  if (computeChecksum(sql) !== checksum)
    throw new UserError(`${directory}/${name} changed after this run had read it; run again`);
  const split = parser.split(sql);
  const control = findTransactionControl(sql, split.statements);
  if (control)
    throw new UserError(
      `${directory}/${name} line ${control.line}: ${control.statement} has no place here, each file is one transaction already; remove it`,
    );
  return { ...file, sql, split };
}

/** Applies a file in a transaction, or its one statement without. */
async function applyFile(client: Client, service: string, directory: string, file: PendingFile): Promise<void> {
  const { name, checksum, sql, split } = file;
  const record = () =>
    client.query("insert into plinth_migrations (service, name, checksum) values ($1, $2, $3)", [
      service,
      name,
      checksum,
    ]);
  const explained = (aftermath: string) => (error: unknown, start: number) => {
    throw toUserError(
      error,
      (position) => `${directory}/${name} line ${lineNumberAt(sql, start + position)}`,
      aftermath,
    );
  };
  if (parseDirectives(split.comments).noTransaction) {
    await applyConcurrentIndex(
      client,
      `${directory}/${name}`,
      sql,
      explained("Nothing of this file stays; the files before it stay applied"),
    );
    await record();
    return;
  }
  const failed = explained("This file was rolled back; the files before it stay applied");
  await inTransaction(client, undefined, async () => {
    for (const { text, start } of split.statements)
      await client.query(text).catch((error: unknown) => failed(error, start));
    await record();
  });
}

/**
 * Adds file and line to PostgreSQL's message, but no SQL, which may hold a secret. Returns a broken
 * connection as it is.
 */
function toUserError(error: unknown, placeOf: (position: number) => string, aftermath: string): unknown {
  const { severity, position, hint } = error as Partial<DatabaseError>;
  if (severity === undefined || isTransientDatabaseError(error)) return error;
  // Only syntax errors have a position. Others are reported at the statement's first line.
  const place = placeOf(Number(position ?? 1));
  const advice = hint === undefined ? "" : `; ${hint}`;
  return new UserError(`${place}: ${errorReason(error)} (${errorCode(error)})${advice}. ${aftermath}`);
}
