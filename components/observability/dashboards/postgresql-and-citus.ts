import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric } from "../promql.ts";
import { numbers, quantiles, ratePer, ratePerOrZero } from "./panel.ts";

/** The database as it sees itself, and as services see it. */
export function postgresqlAndCitus(services: readonly ObservedService[]): Dashboard {
  const metric = createSelectMetric(services);
  return {
    id: "postgresql-and-citus",
    title: "PostgreSQL and Citus",
    description: "Connections, locks, transactions, sizes, and how shards and tenants share the cluster.",
    variables: [],
    rows: [
      {
        title: "Connections and locks",
        panels: [
          numbers(
            "timeseries",
            "none",
            {
              "{{state}}": "sum by (state) (pg_stat_activity_count)",
              limit: "max(pg_settings_max_connections)",
            },
            {
              title: "Connections by state",
              description: "Near the limit, new connections fail: find the service whose pool is too large.",
            },
          ),
          numbers(
            "timeseries",
            "none",
            { "{{mode}}": "sum by (mode) (pg_locks_count) > 0" },
            {
              title: "Locks by mode",
              description: "AccessExclusiveLock blocks everything: a migration or VACUUM FULL holds it.",
            },
          ),
          numbers(
            "timeseries",
            "none",
            { waiting: 'sum(pg_stat_activity_count{wait_event_type="Lock"}) or vector(0)' },
            {
              title: "Sessions that wait for a lock",
              description: "Above 0 for a minute, look at the longest transaction and end it.",
              threshold: 1,
            },
          ),
          numbers(
            "timeseries",
            "seconds",
            { "{{state}}": "max by (state) (pg_stat_activity_max_tx_duration)" },
            {
              title: "Longest transaction",
              description: "One that is idle keeps locks and dead rows: find its service, then end it.",
            },
          ),
        ],
      },
      {
        title: "Work",
        panels: [
          numbers(
            "timeseries",
            "events/s",
            {
              commits: "sum(rate(pg_stat_database_xact_commit[$__interval]))",
              rollbacks: "sum(rate(pg_stat_database_xact_rollback[$__interval]))",
              deadlocks: "sum(rate(pg_stat_database_deadlocks[$__interval]))",
            },
            {
              title: "Transactions a second",
              description: "Many rollbacks are conflicts or refused input; a deadlock needs one order of updates.",
            },
          ),
          numbers(
            "timeseries",
            "ratio",
            {
              hits: "sum(rate(pg_stat_database_blks_hit[$__interval])) / (sum(rate(pg_stat_database_blks_hit[$__interval])) + sum(rate(pg_stat_database_blks_read[$__interval])))",
            },
            {
              title: "Blocks found in memory",
              description: "Below 0.99 the working set does not fit: enlarge shared_buffers or find the scan.",
            },
          ),
          quantiles(metric("database_transaction_duration_seconds_bucket"), ["service"], {
            title: "Transactions as services see them",
            description: "With the wait for a connection. Slow for one service only: its pool or its queries.",
          }),
          numbers(
            "timeseries",
            "events/s",
            {
              "{{service}} {{class}}": ratePerOrZero(
                ["service", "class"],
                metric("database_errors_total"),
                metric("database_pool_connections_max"),
              ),
              "{{service}} retries": ratePer(["service"], metric("database_retries_total")),
            },
            {
              title: "Errors and retries",
              description:
                "Retries are conflicts that passed. Connection errors for all services: the database is away.",
            },
          ),
        ],
      },
      {
        title: "Sizes and tenants",
        panels: [
          numbers(
            "timeseries",
            "bytes",
            { "{{datname}}": "max by (datname) (pg_database_size_bytes)" },
            {
              title: "Size of the databases",
              description: "If it grows faster than its rows, check autovacuum and the idempotency table.",
            },
          ),
          numbers(
            "bars",
            "bytes",
            { "{{table}}": "topk(15, sum by (table) (citus_shard_size_bytes))" },
            {
              title: "Size of distributed tables",
              description: "Fifteen largest tables. Archive what is old before you add workers.",
              requires: "Citus",
            },
          ),
          numbers(
            "bars",
            "bytes",
            { "{{node}}": "sum by (node) (citus_shard_size_bytes)" },
            {
              title: "Shards by worker",
              description: "If one worker has far more than others, rebalance: see docs/citus.md.",
              requires: "Citus",
            },
          ),
          numbers(
            "bars",
            "none",
            { "{{tenant}}": "topk(15, sum by (tenant) (citus_tenant_queries))" },
            {
              title: "Queries by tenant",
              description:
                "Fifteen busiest tenants of the period. Isolate one that slows the others on its own worker.",
              requires: "Citus",
            },
          ),
        ],
      },
    ],
  };
}
