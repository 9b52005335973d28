import pg from "pg";
import { isInstance } from "../core/caught-value.ts";
import { isConnectionError, isSerializationFailure, toCallerError } from "../core/database-errors.ts";
import { ServiceError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import { runForTenant } from "../core/trace-context.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Tracing } from "../telemetry/tracing.ts";
import { CONNECT_TIMEOUT_MS, createConnectionConfig } from "./connection-config.ts";
import { createDatabaseMetrics } from "./metrics.ts";
import { createPoolShares } from "./pool-shares.ts";
import { statementDetails, traceStatements } from "./statement-spans.ts";
import {
  runTransaction,
  SYSTEM_SCOPE_STATEMENT,
  socketOf,
  type Transaction,
  tenantScopeStatement,
} from "./transaction.ts";

export interface DatabaseSettings {
  url: string;
  logger: Logger;
  /** The service's name, shown in pg_stat_activity; its tables are in the schema of this name. */
  name: string;
  /** Most connections of the pool; one tenant gets three quarters of them. @default 16 */
  maxConnections?: number;
  /** For the pool, the transactions and their failures. @default none */
  metrics?: Metrics | undefined;
  /** Records a span for each transaction of a sampled trace. @default none */
  tracing?: Tracing | undefined;
}

export interface Database {
  /**
   * Runs `work` in a transaction in which row-level security shows one tenant's rows. `work` may
   * run again, so it must do nothing but queries.
   */
  withTenant<T>(tenantId: number, work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /**
   * Runs `work` in a transaction across tenants, for the tables whose policies allow it: outbox,
   * inbox and idempotency keys.
   */
  withSystem<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** One statement outside any tenant. */
  query: Transaction["query"];
  /**
   * Opens a dedicated connection, for locks that must live exactly as long as their holder: the
   * server ends it after 5 s of silence.
   */
  connect(): Promise<DatabaseConnection>;
  check(): Promise<void>;
  close(): Promise<void>;
}

export interface DatabaseConnection extends Transaction {
  withSystem<T>(work: (transaction: Transaction) => Promise<T>): Promise<T>;
  /** Waits {@link CLOSE_TIMEOUT_MS} for queries under way, which then fail. */
  close(): Promise<void>;
}

const NO_TENANT = 0;
const MAX_ATTEMPTS = 3;
const RETRY_WINDOW_MS = 1000;
/** For a silent server, whose connection TCP would close after a quarter of an hour. */
const CLOSE_TIMEOUT_MS = 1000;

export function createDatabase(settings: DatabaseSettings): Database {
  const config = createConnectionConfig(settings.url, settings.name);
  const max = settings.maxConnections ?? 16;
  const pool = new pg.Pool({ ...config, max, idleTimeoutMillis: 30_000 });
  const shares = createPoolShares({ size: max, timeoutMs: CONNECT_TIMEOUT_MS, timeoutError: poolTimeoutError });
  // An idle connection broke. The pool has replaced it, and an unhandled event ends the process.
  pool.on("error", (error) => settings.logger.warn({ err: error }, "database connection lost"));
  // A connection broke in use: its queries fail with the same error, which their caller handles.
  pool.on("connect", (client) =>
    client.on("error", (error) => settings.logger.debug({ err: error }, "database connection lost in use")),
  );
  const { measure, countRetry } = createDatabaseMetrics(pool, shares, settings.metrics, settings.tracing);

  async function runWithRetries<T>(
    tenant: number,
    scopeStatement: string,
    work: (transaction: Transaction) => Promise<T>,
  ): Promise<T> {
    const startedAt = performance.now();
    for (let attempt = 1; ; attempt++) {
      try {
        return await withTurn(tenant, () => runOnce(scopeStatement, work));
      } catch (error) {
        // A silent server gets one attempt: the caller would not wait for a second timeout.
        const isLast = attempt === MAX_ATTEMPTS || performance.now() - startedAt > RETRY_WINDOW_MS;
        if (isLast || isInstance(error, ServiceError) || !(isConnectionError(error) || isSerializationFailure(error)))
          throw toCallerError(error);
        countRetry();
        await new Promise((resolve) => setTimeout(resolve, 40 * attempt * (1 + Math.random())));
      }
    }
  }

  async function runOnce<T>(scopeStatement: string, work: (transaction: Transaction) => Promise<T>): Promise<T> {
    const client = (await pool.connect()) as PooledClient;
    let broken = false;
    try {
      return await runTransaction(client, scopeStatement, traced(work));
    } catch (error) {
      broken = isConnectionError(error) || (isInstance(error, ServiceError) && isConnectionError(error.cause));
      throw error;
    } finally {
      // A connection that is still in a transaction would commit it with the next one's statements.
      client.release(broken || client.getTransactionStatus() !== "I");
    }
  }

  async function withTurn<T>(tenant: number, work: () => Promise<T>): Promise<T> {
    const turn = shares.acquire(tenant);
    const release = typeof turn === "function" ? turn : await turn;
    try {
      return await work();
    } finally {
      release();
    }
  }

  const traced = settings.tracing ? traceStatements(settings.tracing) : <T>(work: T) => work;

  return {
    withTenant: (tenantId, work) =>
      runForTenant(tenantId, () =>
        measure("tenant", () => runWithRetries(tenantId, tenantScopeStatement(tenantId), work)),
      ),
    withSystem: (work) => measure("system", () => runWithRetries(NO_TENANT, SYSTEM_SCOPE_STATEMENT, work)),
    query: (query) =>
      measure(
        "query",
        () =>
          withTurn(NO_TENANT, () => pool.query(query)).catch((error: unknown) => Promise.reject(toCallerError(error))),
        statementDetails(query),
      ),
    async connect() {
      // TCP notices after two hours that a machine lost its power; the lock would last as long.
      const client = new pg.Client({ ...config, options: `${config.options} -c idle_session_timeout=5000` });
      client.on("error", (error) => settings.logger.warn({ err: error }, "database connection lost"));
      await client.connect();
      return {
        query: (query) => client.query(query),
        withSystem: (work) => runTransaction(client, SYSTEM_SCOPE_STATEMENT, work),
        close: () => closeClient(client),
      };
    },
    check: async () => void (await withTurn(NO_TENANT, () => pool.query("select 1"))),
    close: () => pool.end(),
  };
}

/** The driver's words for the same, by which callers know it. */
const poolTimeoutError = () => new Error("timeout exceeded when trying to connect");

/** `I` means outside any transaction. @types/pg 8.20 does not declare it. */
type PooledClient = pg.PoolClient & { getTransactionStatus(): string | null };

async function closeClient(client: pg.Client): Promise<void> {
  const timer = setTimeout(() => socketOf(client).destroy(), CLOSE_TIMEOUT_MS);
  await client.end();
  clearTimeout(timer);
}
