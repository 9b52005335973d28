import type { Socket } from "node:net";
import { UserError } from "@plinth/local/user-error.ts";
import type { Client, ClientConfig } from "pg";
import { errorCode, errorReason, isLostConnection, redactUrl } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";
import { requestServer } from "../retry.ts";
import { answerWithin } from "../timeout.ts";
import { watchSession } from "./session-watch.ts";

/** Where a database is. */
export interface DatabaseAddress {
  /** `postgresql://user:password@host:port/database` */
  url: string;
  /** Where hosts like `citus-coordinator.dev-infra.svc` are. */
  cluster?: ClusterAccess | undefined;
}

/** The address in the inputs of a provider. */
export const toDatabaseAddress = ({
  databaseUrl,
  cluster,
}: {
  databaseUrl: string;
  cluster?: ClusterAccess | undefined;
}): DatabaseAddress => ({ url: databaseUrl, cluster });

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
  return withPortForwarder(address.cluster, hosts, (forwarder) =>
    withConnection(address.url, forwarder?.createSocket, deadlineMs, work),
  );
}

async function withConnection<T>(
  url: string,
  stream: (() => Socket) | undefined,
  deadlineMs: number,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  const { Client: PgClient } = await import("pg").then(({ default: pg }) => pg);
  const server = `the database ${redactUrl(url)}`;
  const options = { server, deadlineMs, isTransient: isTransientDatabaseError, describeError: describeWithCode };
  return requestServer(options, async (remainingMs) => {
    // A port-forward takes several requests to an API server that may be far away.
    const patienceMs = Math.min(remainingMs, stream ? 10_000 : 5_000);
    const create = (settings: ClientConfig = {}) => {
      const client = new PgClient({
        connectionString: url,
        application_name: "plinth",
        connectionTimeoutMillis: patienceMs,
        keepAlive: true,
        ...(stream && { stream }),
        ...settings,
      });
      // Emitted when the connection breaks between two queries; unheard, it would end the process.
      client.on("error", () => undefined);
      return client;
    };
    const client = create();
    let endWatch = () => {};
    try {
      await client.connect();
      const connect = async () => {
        const probe = create({ query_timeout: patienceMs });
        await probe.connect();
        return probe;
      };
      endWatch = watchSession(client, { server, connect, silenceMs: remainingMs });
      return await work(client);
    } finally {
      endWatch();
      // A silent server does not close its end.
      await answerWithin(CLOSE_TIMEOUT_MS, client.end()).catch(() => undefined);
    }
  });
}

/** Milliseconds for the server to close an ended connection. */
const CLOSE_TIMEOUT_MS = 1_000;

/** PostgreSQL's reason with its SQLSTATE, as in `password authentication failed (28P01)`. */
function describeWithCode(error: unknown): string {
  const code = errorCode(error);
  return code === undefined ? errorReason(error) : `${errorReason(error)} (${code})`;
}

/**
 * SQLSTATEs of a server that is starting, stopping or full, and of a transaction that lost against
 * another.
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

/** True if another try could help. */
export function isTransientDatabaseError(error: unknown): boolean {
  if (error instanceof UserError) return false;
  const broken =
    error instanceof Error &&
    /Connection terminated|Client has encountered a connection error|timeout expired/.test(error.message);
  return broken || TRANSIENT_SQLSTATES.has(errorCode(error) ?? "") || isLostConnection(error);
}

/** What is wrong with the URL, in a sentence without its password; undefined if pg can read it. */
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
 * Runs `work` in a transaction.
 *
 * @param lock name of an advisory lock that the transaction holds until it ends
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
