import type { Pool } from "pg";
import { classifyDatabaseError } from "../core/database-errors.ts";
import { currentTrace } from "../core/trace-context.ts";
import { DB_SYSTEM_NAME } from "../telemetry/attributes.ts";
import { kitMetrics } from "../telemetry/contract.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { SpanDetails } from "../telemetry/span.ts";
import { type Tracing, withSpan } from "../telemetry/tracing.ts";
import type { PoolShares } from "./pool-shares.ts";

/** The scope of a transaction, or `query` for one statement outside any. */
export type TransactionKind = "tenant" | "system" | "query";

export interface DatabaseMetrics {
  /**
   * Runs `work` and records its duration, with the wait for a connection and retries, and its
   * error.
   *
   * @param details of its span. @default that it is PostgreSQL's
   */
  measure<T>(kind: TransactionKind, work: () => Promise<T>, details?: SpanDetails): Promise<T>;
  /** Counts a transaction that runs again after a passing fault. */
  countRetry(): void;
}

/** Metrics and spans of one pool. Without metrics and tracing nothing is recorded. */
export function createDatabaseMetrics(
  pool: Pool,
  shares: Pick<PoolShares, "waiting">,
  metrics: Metrics | undefined,
  tracing: Tracing | undefined,
): DatabaseMetrics {
  const spanned = <T>(kind: TransactionKind, work: () => Promise<T>, details: SpanDetails = SPAN): Promise<T> =>
    tracing ? withSpan(tracing, `database ${kind}`, "client", work, details) : work();
  if (!metrics) return { measure: spanned, countRetry: () => undefined };

  metrics.gauge(kitMetrics.database_pool_connections, (gauge) => {
    gauge.set({ state: "used" }, pool.totalCount - pool.idleCount);
    gauge.set({ state: "idle" }, pool.idleCount);
  });
  metrics.gauge(kitMetrics.database_pool_waiting, (gauge) => gauge.set(shares.waiting + pool.waitingCount));
  metrics.gauge(kitMetrics.database_pool_connections_max).set(pool.options.max);
  const durations = metrics.histogram(kitMetrics.database_transaction_duration_seconds);
  const duration = {
    tenant: durations.labels("tenant"),
    system: durations.labels("system"),
    query: durations.labels("query"),
  };
  const errors = metrics.counter(kitMetrics.database_errors_total);
  const retries = metrics.counter(kitMetrics.database_retries_total);
  return {
    async measure(kind, work, details) {
      const startedAt = performance.now();
      try {
        return await spanned(kind, work, details);
      } catch (error) {
        const fault = classifyDatabaseError(error);
        if (fault) errors.inc({ class: fault });
        throw error;
      } finally {
        duration[kind].observe((performance.now() - startedAt) / 1000, currentTrace());
      }
    },
    countRetry: () => retries.inc(),
  };
}

const SPAN = { attributes: { [DB_SYSTEM_NAME]: "postgresql" } };
