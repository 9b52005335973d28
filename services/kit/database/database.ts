import type { Writable } from "node:stream";
import pg from "pg";
import { isConnectionError, isSerializationFailure, toCallerError } from "../core/database-errors.ts";
import { kitError, ServiceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { createDatabaseMetrics } from "./metrics.ts";

/**
 * What a transaction lends to its function. Queries are pipelined, in order: none need wait for the
 * one before it, nor the function for its last ones. Before the transaction counts as committed,
 * all of them have succeeded.
 */
export interface Transaction {
  query<Row extends pg.QueryResultRow = Record<string, unknown>>(query: pg.QueryConfig): Promise<pg.QueryResult<Row>>;
}

export interface DatabaseSettings {
  url: string;
  logger: Logger;
  /**
   * The service: shown in pg_stat_activity, and the schema in which its tables are looked for,
   * before `public`.
   */
  name: string;
  /** Connections of the pool. @default 12 */
  maxConnections?: number;
  /** Of the pool, the transactions and their failures. @default none */
  metrics?: Metrics | undefined;
  /** A span for each transaction of a sampled trace. @default none */
  tracing?: Tracing | undefined;
}

export interface Database {
  /**
   * A transaction in which row-level security shows the rows of one tenant only. `work` may run
   * again: it must do nothing but queries.
   */
  withTenant<T>(tenantId: number, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * A transaction across tenants, for the tables whose policies allow it: outbox, inbox and
   * idempotency keys.
   */
  withSystem<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** One statement outside of any tenant. */
  query: Transaction["query"];
  /**
   * A connection of its own, for locks that must live as long as their holder, and no longer: the
   * server ends it when nothing comes for 5 s.
   */
  connect(): Promise<DatabaseConnection>;
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseConnection extends Transaction {
  withSystem<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Waits for what is under way, but no longer than {@link CLOSE_TIMEOUT_MS}: that then fails. */
  close(): Promise<void>;
}

const MAX_ATTEMPTS = 3;
const RETRY_WINDOW_MS = 1000;
/**
 * A server that says nothing would have its connection closed by TCP after a quarter of an hour.
 */
const CLOSE_TIMEOUT_MS = 1000;

export function createDatabase(settings: DatabaseSettings): Database {
  const config = connectionConfig(settings);
  const pool = new pg.Pool({ ...config, max: settings.maxConnections ?? 12, idleTimeoutMillis: 30_000 });
  // A connection that breaks while idle: the pool has replaced it already, and must not end the
  // process.
  pool.on("error", (error) => settings.logger.warn({ err: error }, "database connection lost"));
  // One that breaks while lent: its queries fail with the same error, and whoever sent them deals
  // with it.
  pool.on("connect", (client) =>
    client.on("error", (error) => settings.logger.debug({ err: error }, "database connection lost in use")),
  );
  const { measure, countRetry } = createDatabaseMetrics(pool, settings.metrics, settings.tracing);

  async function run<T>(scope: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const begun = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(scope, work);
      } catch (error) {
        // A server that says nothing is waited for once: its caller would be gone before a second
        // time is over.
        const last = attempt === MAX_ATTEMPTS || performance.now() - begun > RETRY_WINDOW_MS;
        if (last || error instanceof ServiceError || !(isConnectionError(error) || isSerializationFailure(error)))
          throw toCallerError(error);
        countRetry();
        await new Promise((resolve) => setTimeout(resolve, 40 * attempt * (1 + Math.random())));
      }
    }
  }

  async function once<T>(scope: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = (await pool.connect()) as PooledClient;
    let broken = false;
    try {
      return await runTransaction(client, scope, work);
    } catch (error) {
      broken = isConnectionError(error) || (error instanceof ServiceError && isConnectionError(error.cause));
      throw error;
    } finally {
      // One that is still in a transaction would have the next one's statements commit those of
      // this one.
      client.release(broken || client.getTransactionStatus() !== "I");
    }
  }

  return {
    withTenant: (tenantId, work) => measure("tenant", () => run(tenantScopeStatement(tenantId), work)),
    withSystem: (work) => measure("system", () => run(SYSTEM_SCOPE_STATEMENT, work)),
    query: (query) => measure("query", () => pool.query(query).catch((error) => Promise.reject(toCallerError(error)))),
    async connect() {
      // A machine that loses its power says nothing: TCP would notice after two hours, and the lock
      // would be held for as long.
      const client = new pg.Client({ ...config, options: `${config.options} -c idle_session_timeout=5000` });
      client.on("error", (error) => settings.logger.warn({ err: error }, "database connection lost"));
      await client.connect();
      return {
        query: (query) => client.query(query),
        withSystem: (work) => runTransaction(client, SYSTEM_SCOPE_STATEMENT, work),
        close: () => closeClient(client),
      };
    },
    check: async () => void (await pool.query("select 1")),
    close: () => pool.end(),
  };
}

/** `I` is outside of any transaction. @types/pg 8.20 does not know it yet. */
type PooledClient = pg.PoolClient & { getTransactionStatus(): string | null };

const SYSTEM_SCOPE_STATEMENT = "set local app.scope = 'system'";

/**
 * SET LOCAL, not `set_config`: Citus passes only SET LOCAL on to its workers
 * (citus.propagate_set_commands), and there is where the policies of a distributed table are
 * checked. The number was validated; digits need no quoting rules.
 */
function tenantScopeStatement(tenantId: number): string {
  if (!Number.isSafeInteger(tenantId) || tenantId < 1)
    throw new Error(`A tenant's id is a positive whole number, not ${tenantId}`);
  return `set local app.tenant_id = '${tenantId}'`;
}

async function runTransaction<T>(
  client: pg.ClientBase,
  scope: string,
  work: (transaction: Transaction) => Promise<T>,
): Promise<T> {
  const sent: Promise<unknown>[] = [];
  let over = false;
  const send = ((query: pg.QueryConfig | string) => {
    const answer = corkWrites(client, () => client.query(query));
    sent.push(answer);
    // Whoever waits for it hears of a failure; if nobody does, the end of the transaction does.
    answer.catch(() => undefined);
    return answer;
  }) as Transaction["query"] & ((query: string) => Promise<pg.QueryResult>);
  const lent: Transaction = {
    // Whoever kept it would speak in the transaction that has the connection next, which may be
    // another tenant's.
    query: (query) =>
      over
        ? Promise.reject(new Error("This transaction is over: await all that uses it within its function"))
        : send(query),
  };
  let result: T;
  try {
    // Not waited for: they travel together with the first query of `work`, and the commit with the
    // last ones. Two queries, because Citus passes the SET on as the whole of what it was sent, and
    // each worker would warn of a BEGIN within a transaction.
    send("begin");
    send(scope);
    result = await work(lent);
  } catch (error) {
    over = true;
    const outcomes = await Promise.allSettled(sent);
    if (!outcomes.some((outcome) => outcome.status === "rejected" && isConnectionError(outcome.reason)))
      await client.query("rollback");
    throw error;
  }
  over = true;
  const commit = send("commit");
  try {
    await Promise.all(sent);
  } catch (error) {
    await Promise.allSettled(sent);
    const unanswered = await commit.catch((fault: unknown) => fault);
    // A statement that failed made the commit a rollback.
    if (!isConnectionError(unanswered)) throw error;
    // The one failure that must not be retried here: the commit may have happened.
    throw kitError(
      "unavailable",
      "The database was lost while it committed: whether the request took effect is unknown. Repeat it with the same Idempotency-Key.",
      { cause: error },
    );
  }
  if ((await commit).command !== "COMMIT")
    throw new Error("A failed statement was passed over: the transaction was rolled back");
  return result;
}

/**
 * What is sent in one turn of the event loop leaves in one system call: a third of the cost of a
 * small transaction.
 */
function corkWrites<T>(client: pg.ClientBase, send: () => T): T {
  const stream = socketOf(client);
  stream.cork();
  process.nextTick(() => stream.uncork());
  return send();
}

function socketOf(client: pg.ClientBase): Writable {
  return (client as unknown as { connection: { stream: Writable } }).connection.stream;
}

async function closeClient(client: pg.Client): Promise<void> {
  const late = setTimeout(() => socketOf(client).destroy(), CLOSE_TIMEOUT_MS);
  await client.end();
  clearTimeout(late);
}

function connectionConfig({ url, name }: DatabaseSettings): pg.ClientConfig {
  const config = {
    connectionString: url,
    application_name: name,
    connectionTimeoutMillis: 2000,
    // The client's own limit is for a server that stopped answering at all; the server's limits
    // below end single statements.
    query_timeout: 5500,
    keepAlive: true,
    pipeline: true,
    options: [
      "statement_timeout=5000",
      "lock_timeout=3000",
      "idle_in_transaction_session_timeout=10000",
      "citus.propagate_set_commands=local",
      `search_path="${name.replaceAll('"', '""')}",public`,
    ]
      // The server parts this text at blanks; a backslash makes the next character an ordinary one.
      .map((setting) => `-c ${setting.replace(/[\\\s]/g, "\\$&")}`)
      .join(" "),
    types: {
      getTypeParser: ((oid: number, format?: "text") =>
        oid === INT8_OID ? parseSafeInteger : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
    },
  };
  return config;
}

const INT8_OID = 20;

function parseSafeInteger(text: string): number {
  const number = Number(text);
  if (!Number.isSafeInteger(number)) throw new Error(`A bigint of the database is beyond 2^53: ${text}`);
  return number;
}
