import { kitMetrics } from "@plinth/kit/telemetry/contract.ts";
import type { MetricDefinition } from "@plinth/kit/telemetry/metric-definition.ts";
import { collectDefaultMetrics, Registry } from "prom-client";

/**
 * Metrics that a stack's servers and exporters print, with their labels: those of postgres_exporter
 * 0.19, Redpanda 26.2 (public_metrics), Envoy, kube-state-metrics 2.17 and Citus' exporter. On one
 * machine the collector prints the same names.
 */
const EXPORTED: Record<string, readonly string[]> = {
  up: ["service", "job", "instance"],
  plinth_process_ready: ["process"],
  plinth_process_restarts_total: ["process"],
  plinth_collector_dropped_total: ["reason"],
  plinth_notifications_total: ["result"],
  kube_pod_container_status_restarts_total: ["namespace", "pod", "container"],
  kube_pod_container_status_waiting_reason: ["namespace", "pod", "container", "reason"],
  kube_deployment_status_replicas_unavailable: ["namespace", "deployment"],
  pg_up: [],
  pg_stat_activity_count: ["datname", "state", "usename", "wait_event_type"],
  pg_stat_activity_max_tx_duration: ["datname", "state", "usename"],
  pg_settings_max_connections: [],
  pg_locks_count: ["datname", "mode"],
  pg_database_size_bytes: ["datname"],
  pg_stat_database_xact_commit: ["datname"],
  pg_stat_database_xact_rollback: ["datname"],
  pg_stat_database_deadlocks: ["datname"],
  pg_stat_database_blks_hit: ["datname"],
  pg_stat_database_blks_read: ["datname"],
  citus_shard_size_bytes: ["table", "node"],
  citus_tenant_queries: ["tenant"],
  redpanda_cluster_brokers: [],
  redpanda_kafka_partitions: ["redpanda_topic"],
  redpanda_kafka_max_offset: ["redpanda_topic", "redpanda_partition"],
  redpanda_kafka_consumer_group_committed_offset: ["redpanda_group", "redpanda_topic", "redpanda_partition"],
  redpanda_schema_registry_request_errors_total: ["redpanda_status"],
  redpanda_schema_registry_request_latency_seconds_count: [],
  envoy_http_downstream_rq_xx: ["envoy_response_code_class"],
  envoy_http_downstream_cx_active: [],
  envoy_http_downstream_rq_time_bucket: ["le"],
  envoy_cluster_upstream_cx_connect_fail: ["envoy_cluster_name"],
};

/** Every series that dashboards and alerts may name, and its labels besides those of the target. */
export async function knownSeries(business: readonly string[]): Promise<Map<string, readonly string[]>> {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const defaults = (await registry.getMetricsAsJSON()).flatMap(({ name }) => [name, `${name}_sum`]);
  registry.clear();
  return new Map([
    ...Object.entries(EXPORTED),
    ...defaults.map((name) => [name, []] as const),
    ...business.map((name) => [name, []] as const),
    ...Object.values<MetricDefinition>(kitMetrics).flatMap(seriesOf),
  ]);
}

function seriesOf({ name, type, labels = [] }: MetricDefinition): [string, readonly string[]][] {
  if (type !== "histogram") return [[name, labels]];
  return ["_bucket", "_sum", "_count"].map((end) => [`${name}${end}`, [...labels, "le"]]);
}

/** Names and labels in a PromQL expression. */
export function namesInExpression(expr: string): { metrics: string[]; labels: string[] } {
  const metrics: string[] = [];
  const labels: string[] = [];
  const rest = expr
    // A selector of prefixed names.
    .replace(/__name__=~"\([\w|]*\)\?(\w+)",?/g, (_match, name: string) => {
      metrics.push(name);
      return "";
    })
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\b(?:by|on|without|ignoring|group_left|group_right) ?\(([^)]*)\)/g, (_match, list: string) => {
      labels.push(...list.split(",").map((label) => label.trim()));
      return "";
    })
    .replace(/\{([^}]*)\}/g, (_match, matchers: string) => {
      for (const [, label] of matchers.matchAll(/(\w+) ?(?:=~|!~|!=|=)/g)) labels.push(label!);
      return "";
    })
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\boffset \w+/g, "");
  for (const [, name] of rest.matchAll(/\b([a-z_][a-z0-9_]*)\b(?!\s*\()/g))
    if (!["or", "and", "unless", "bool"].includes(name!)) metrics.push(name!);
  return { metrics, labels: labels.filter((label) => label !== "") };
}
