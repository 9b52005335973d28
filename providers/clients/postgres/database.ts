import type { Socket } from "node:net";
import { UserError } from "@plinth/local/user-error.ts";
import type { Client } from "pg";
import { errorCode, errorReason, isLostConnection, redactUrl, retry } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";

/** Where a database is. */
export interface DatabaseAddress {
  /** `postgresql://user:password@host:port/database` */
  url: string;
  /** Reaches hosts like `citus-coordinator.dev-infra.svc`. */
  cluster?: ClusterAccess | undefined;
}

/** As inputs of providers name it. */
export const toDatabaseAddress = ({
  databaseUrl,
  cluster,
}: {
  databaseUrl: string;
  cluster?: ClusterAccess | undefined;
}): DatabaseAddress => ({
  url: databaseUrl,
  cluster,
});

/**
 * Runs `work` on one connection, and again from its start when the connection breaks or the server
 * is still starting, until the deadline. So `work` must be safe to repeat. Throws a
 * {@link UserError} that names the database without its password.
 */
export async function withDatabase<T>(
  address: DatabaseAddress,
  deadlineMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const hosts = URL.canParse(address.url) ? [new URL(address.url).hostname] : [];
  return withPortForwarder(address.cluster, hosts, (tunnel) =>
    withConnection(address.url, tunnel?.createSocket, deadlineMs, work),
  );
}

async function withConnection<T>(
  url: string,
  stream: (() => Socket) | undefined,
  deadlineMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { Client: PgClient } = await import("pg").then(({ default: pg }) => pg);
  return retry({ deadlineMs, isTransient: isTransientDatabaseError }, async (remainingMs) => {
    const client = new PgClient({
      connectionString: url,
      application_name: "plinth",
      // A connection through the tunnel is several requests to an API server that may be far away.
      connectionTimeoutMillis: Math.min(remainingMs, stream ? 10_000 : 5_000),
      keepAlive: true,
      ...(stream && { stream }),
    });
    // A connection that breaks between two queries is announced here; without a listener it would
    // end the process.
    client.on("error", () => undefined);
    try {
      await client.connect();
      return await work(client);
    } finally {
      await client.end().catch(() => undefined);
    }
  }).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    const waited = isTransientDatabaseError(error) ? ` within ${Math.round(deadlineMs / 1000)} s` : "";
    const code = errorCode(error);
    throw new UserError(
      `the database ${redactUrl(url)} did not serve the request${waited}: ${errorReason(error)}${code ? ` (${code})` : ""}`,
    );
  });
}

/**
 * SQLSTATEs of a server that is starting, stopping or full, and of a transaction that lost against
 * another one.
 */
const TRANSIENT_SQLSTATES = new Set([
  "57P01",
  "57P02",
  "57P03",
  "53300",
  "08000",
  "08001",
  "08003",
  "08006",
  "40001",
  "40P01",
]);

/** Another try could help. */
export function isTransientDatabaseError(error: unknown): boolean {
  if (error instanceof UserError) return false;
  const broken =
    error instanceof Error &&
    /Connection terminated|Client has encountered a connection error|timeout expired/.test(error.message);
  return broken || TRANSIENT_SQLSTATES.has(errorCode(error) ?? "") || isLostConnection(error);
}

/**
 * A URL that pg can read, or a sentence about what is wrong with it; the sentence never has the
 * password.
 */
export function databaseUrlError(url: string): string | undefined {
  if (!URL.canParse(url)) return "databaseUrl is not a URL: postgresql://user:password@host:5432/database is needed";
  const { protocol, hostname, pathname } = new URL(url);
  if (protocol !== "postgresql:" && protocol !== "postgres:")
    return `databaseUrl begins with ${protocol}//, but postgresql:// is needed`;
  if (hostname === "" || pathname.length < 2)
    return "databaseUrl names no host or no database: postgresql://user:password@host:5432/database is needed";
  return undefined;
}

/**
 * Runs `work` in a transaction. `lock` is a name: whoever else asks for the same one waits until
 * this transaction has ended.
 */
export async function inTransaction<T>(client: Client, lock: string | undefined, work: () => Promise<T>): Promise<T> {
  await client.query("begin");
  try {
    if (lock !== undefined) await client.query("select pg_advisory_xact_lock(hashtextextended($1, 0))", [lock]);
    const result = await work();
    await client.query("commit");
    return result;
  } catch (error) {
    // On a broken connection the server rolls back by itself; the first error is the one to report.
    await client.query("rollback").catch(() => undefined);
    throw error;
  }
}

/** Citus distributes tables; plain PostgreSQL runs the same statements without it. */
export async function hasCitus(client: Client): Promise<boolean> {
  const { rowCount } = await client.query("select from pg_extension where extname = 'citus'");
  return rowCount === 1;
}
