import type { AlertGroup } from "@plinth/local/page/model/alert.ts";
import type { AlertTiming } from "./timing.ts";

/** What is wrong with PostgreSQL, each server of a cluster for itself. */
export function databaseAlerts({ memory }: AlertTiming): AlertGroup {
  return {
    name: "database",
    rules: [
      {
        name: "DatabaseDown",
        expr: "pg_up == 0 or absent(pg_up)",
        for: "30s",
        severity: "critical",
        summary: "The database does not answer",
        action: "Read its log and start it again; services retry by themselves.",
        runbook: "database-down",
      },
      {
        name: "ConnectionsNearLimit",
        expr: "sum by (instance) (pg_stat_activity_count) / on (instance) max by (instance) (pg_settings_max_connections) > 0.9",
        for: "1m",
        severity: "warning",
        summary: "{{ $value | humanizePercentage }} of the database's connections are in use",
        action: "Find the service with the most connections, and make its pool or its number of replicas smaller.",
        runbook: "connections-near-limit",
      },
      {
        name: "LocksWaiting",
        expr: 'sum by (instance) (pg_stat_activity_count{wait_event_type="Lock"}) > 0',
        for: "1m",
        severity: "warning",
        summary: "{{ $value }} sessions wait for a lock",
        action: "Ask pg_blocking_pids for the session that holds it, and end that one.",
        runbook: "locks-waiting",
      },
      {
        name: "TransactionLeftOpen",
        expr: 'max by (instance, state) (pg_stat_activity_max_tx_duration{state=~"idle in transaction.*"}) > 60',
        for: "0s",
        severity: "warning",
        summary: "A transaction does nothing since {{ $value | humanizeDuration }}",
        action: "Find its client in pg_stat_activity and end it: it keeps locks and rows that cannot be cleaned.",
        runbook: "transaction-left-open",
      },
      {
        name: "Deadlocks",
        expr: `sum by (datname) (increase(pg_stat_database_deadlocks[${memory}])) > 0`,
        for: "0s",
        severity: "warning",
        summary: "Transactions of {{ $labels.datname }} waited for each other",
        action: "Read both statements in the database's log, and make them lock rows in the same order.",
        runbook: "deadlocks",
      },
    ],
  };
}
