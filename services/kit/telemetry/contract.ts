import { defineMetrics } from "./metric-definition.ts";

/**
 * Every metric that the kit prints for a service. The code that counts refers to it, and dashboards
 * and alerts are compared with it. Each has `service` and `version` besides its labels; the
 * variable METRICS_PREFIX precedes each name. A service defines its business metrics likewise, in
 * one file. `process_*` and `nodejs_*` are prom-client's.
 */
export const kitMetrics = defineMetrics({
  http_requests_total: {
    type: "counter",
    help: "Requests answered; 499 is a request whose client left before its answer",
    labels: ["method", "route", "status"],
  },
  http_request_duration_seconds: {
    type: "histogram",
    help: "From the first byte of a request to the last of its answer",
    unit: "seconds",
    labels: ["method", "route", "status"],
  },
  tenant_requests_total: {
    type: "counter",
    help: "HTTP requests and gRPC calls of a tenant, by outcome: ok, refused or failed",
    labels: ["tenant_id", "outcome"],
  },
  tenant_request_seconds_total: {
    type: "counter",
    help: "Time spent on a tenant's requests",
    unit: "seconds",
    labels: ["tenant_id"],
  },

  grpc_server_handled_total: {
    type: "counter",
    help: "Calls answered, by gRPC's name of their outcome",
    labels: ["grpc_service", "grpc_method", "grpc_code"],
  },
  grpc_server_handling_seconds: {
    type: "histogram",
    help: "From the headers of a call to the last byte of its answer",
    unit: "seconds",
    labels: ["grpc_service", "grpc_method", "grpc_code"],
  },
  grpc_client_requests_total: {
    type: "counter",
    help: "Calls made, by gRPC's name of their outcome; retries are not counted",
    labels: ["grpc_service", "grpc_method", "grpc_code"],
  },
  grpc_client_request_duration_seconds: {
    type: "histogram",
    help: "From a call to its answer, with all attempts",
    unit: "seconds",
    labels: ["grpc_service", "grpc_method", "grpc_code"],
  },
  grpc_client_retries_total: {
    type: "counter",
    help: "Further attempts: made, or over_budget and not made",
    labels: ["grpc_service", "grpc_method", "result"],
  },

  bus_published_total: { type: "counter", help: "Records that all in-sync replicas have", labels: ["topic"] },
  bus_publish_failures_total: { type: "counter", help: "Requests to write records that failed" },
  bus_publish_seconds: {
    type: "histogram",
    help: "From handing records in until all in-sync replicas have them",
    unit: "seconds",
  },
  consumer_events_total: {
    type: "counter",
    help: "Events read: applied, duplicate, retried or dead_letter",
    labels: ["topic", "result"],
  },
  consumer_dead_letters_total: {
    type: "counter",
    help: "Events that a consumer group gave up, by the topic that they were published to",
    labels: ["topic", "group"],
  },
  consumer_seconds: { type: "histogram", help: "Of one call of the handler", unit: "seconds", labels: ["topic"] },
  consumer_lag: { type: "gauge", help: "Records not yet handled", labels: ["topic", "partition"] },
  outbox_backlog: { type: "gauge", help: "Events not yet published" },
  outbox_published_total: { type: "counter", help: "Events acknowledged by the broker", labels: ["topic"] },
  outbox_publish_failures_total: { type: "counter", help: "Attempts to publish that failed" },

  database_pool_connections: {
    type: "gauge",
    help: "Connections of the pool, by state: used or idle",
    labels: ["state"],
  },
  database_pool_waiting: { type: "gauge", help: "Transactions that wait for a connection" },
  database_pool_connections_max: { type: "gauge", help: "Connections that the pool may have" },
  database_transaction_duration_seconds: {
    type: "histogram",
    help: "From asking for a connection to the answer of the commit, by kind: tenant, system or query",
    unit: "seconds",
    labels: ["kind"],
  },
  database_errors_total: {
    type: "counter",
    help: "Failures of the database that reached the service, by class",
    labels: ["class"],
  },
  database_retries_total: { type: "counter", help: "Transactions that ran again after a fault that passes" },

  cache_requests_total: {
    type: "counter",
    help: "Look-ups: hit, miss, shared (another request's answer) or error",
    labels: ["result"],
  },
  cache_lookup_duration_seconds: {
    type: "histogram",
    help: "From asking Redis to its answer; look-ups of one turn of the event loop ask together",
    unit: "seconds",
  },

  tracing_spans_total: { type: "counter", help: "Recorded spans: exported, failed or dropped", labels: ["result"] },
  loki_lines_total: {
    type: "counter",
    help: "Lines for Loki: pushed, refused by it, or dropped for want of room",
    labels: ["result"],
  },
  loki_lines_waiting: { type: "gauge", help: "Lines not yet taken by Loki" },
  metric_series_refused_total: {
    type: "counter",
    help: "Label values beyond a metric's limit of series, which were counted as other",
    labels: ["metric"],
  },
});

/** Name of a metric of the kit, without prefix. */
export type KitMetric = keyof typeof kitMetrics;
