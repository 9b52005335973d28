import type { Pool } from "pg";
import { classifyDatabaseError } from "../core/database-errors.ts";
import { DB_SYSTEM_NAME } from "../telemetry/attributes.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type Tracing, withSpan } from "../telemetry/tracing.ts";

/** The scope of a transaction, or `query` for one statement outside any. */
export type TransactionKind = "tenant" | "system" | "query";

export interface DatabaseMetrics {
  /**
   * Runs `work` and records its duration, with the wait for a connection and retries, and its
   * error.
   */
  measure<T>(kind: TransactionKind, work: () => Promise<T>): Promise<T>;
  /** Counts a transaction that runs again after a passing fault. */
  countRetry(): void;
}

/** Metrics and spans of one pool. Without metrics and tracing nothing is recorded. */
export function createDatabaseMetrics(
  pool: Pool,
  metrics: Metrics | undefined,
  tracing: Tracing | undefined,
): DatabaseMetrics {
  const spanned = <T>(kind: TransactionKind, work: () => Promise<T>): Promise<T> =>
    tracing ? withSpan(tracing, `database ${kind}`, "client", work, SPAN) : work();
  if (!metrics) return { measure: spanned, countRetry: () => undefined };

  metrics.gauge("database_pool_connections", "Connections of the pool, by state: used or idle", ["state"], (gauge) => {
    gauge.set({ state: "used" }, pool.totalCount - pool.idleCount);
    gauge.set({ state: "idle" }, pool.idleCount);
  });
  metrics.gauge("database_pool_waiting", "Transactions that wait for a connection", [], (gauge) =>
    gauge.set(pool.waitingCount),
  );
  metrics.gauge("database_pool_connections_max", "Connections that the pool may have").set(pool.options.max);
  const durations = metrics.histogram(
    "database_transaction_duration_seconds",
    "From asking for a connection to the answer of the commit, by kind: tenant, system or query",
    ["kind"],
  );
  const duration = {
    tenant: durations.labels("tenant"),
    system: durations.labels("system"),
    query: durations.labels("query"),
  };
  const errors = metrics.counter(
    "database_errors_total",
    "Failures of the database that reached the service, by class",
    ["class"],
  );
  const retries = metrics.counter("database_retries_total", "Transactions that ran again after a fault that passes");
  return {
    async measure(kind, work) {
      const startedAt = performance.now();
      try {
        return await spanned(kind, work);
      } catch (error) {
        const fault = classifyDatabaseError(error);
        if (fault) errors.inc({ class: fault });
        throw error;
      } finally {
        duration[kind].observe((performance.now() - startedAt) / 1000);
      }
    },
    countRetry: () => retries.inc(),
  };
}

const SPAN = { attributes: { [DB_SYSTEM_NAME]: "postgresql" } };
