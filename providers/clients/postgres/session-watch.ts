import type { Client } from "pg";
import { printDiagnostic } from "../diagnostics.ts";
import { errorCode, TimeoutError } from "../errors.ts";

/** Milliseconds between two looks at a session. */
const INTERVAL_MS = 3_000;

export interface WatchOptions {
  /** "the database postgresql://app@db:5432/app" */
  server: string;
  /** Opens another connection to the same server. */
  connect(): Promise<Client>;
  /** Milliseconds without an answer after which the session is ended. */
  silenceMs: number;
}

/**
 * Watches a session, whose statements may last long, by short connections: ends it when the server
 * no longer answers, and says whom it waits for. Returns what ends the watch.
 */
export function watchSession(client: Client, { server, connect, silenceMs }: WatchOptions): () => void {
  const told = new Set<number>();
  let answered = Date.now();
  let timer: NodeJS.Timeout | undefined;
  let isOver = false;
  const next = () => {
    timer = setTimeout(look, Math.min(INTERVAL_MS, silenceMs / 2));
  };
  const look = async () => {
    try {
      for (const holder of await findBlockers(client, connect)) {
        if (told.has(holder.pid) || isOver) continue;
        told.add(holder.pid);
        printDiagnostic(`${server} waits for a lock that ${describeSession(holder)} holds: wait, or end that session`);
      }
      answered = Date.now();
    } catch (error) {
      // Any answer is one, such as "too many clients".
      if (/^[0-9A-Z]{5}$/.test(errorCode(error) ?? "")) answered = Date.now();
    }
    if (isOver) return;
    if (Date.now() - answered < silenceMs) next();
    else socketOf(client).destroy(new TimeoutError(`no answer for ${Math.round((Date.now() - answered) / 1000)} s`));
  };
  next();
  return () => {
    isOver = true;
    clearTimeout(timer);
  };
}

/** A session of the server that holds what another one waits for. */
export interface LockHolder {
  pid: number;
  application: string | null;
  user: string | null;
  since: Date | null;
}

/** "process 4711 (psql, user app, since 2026-11-28T13:05:11Z)" */
export function describeSession({ pid, application, user, since }: LockHolder): string {
  const facts = [
    application || "no application_name",
    user && `user ${user}`,
    since && `since ${since.toISOString().replace(/\.\d+/, "")}`,
  ];
  return `process ${pid} (${facts.filter(Boolean).join(", ")})`;
}

/** Columns of pg_stat_activity that {@link LockHolder} has. A user sees the times of its own. */
export const holderColumns = `pid, application_name as application, usename as "user", coalesce(xact_start, state_change, backend_start) as since`;

async function findBlockers(client: Client, connect: () => Promise<Client>): Promise<LockHolder[]> {
  const probe = await connect();
  try {
    const blockers = `select ${holderColumns} from pg_stat_activity where pid = any(pg_blocking_pids($1))`;
    return (await probe.query<LockHolder>(blockers, [processIdOf(client)])).rows;
  } finally {
    void probe.end().catch(() => undefined);
  }
}

/** The library keeps both, but does not declare them. */
const processIdOf = (client: Client) => (client as unknown as { processID: number }).processID;
const socketOf = (client: Client) =>
  (client as unknown as { connection: { stream: { destroy(error: Error): void } } }).connection.stream;
