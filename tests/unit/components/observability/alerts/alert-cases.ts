/** Series that make an alert fire, and later end it. */
export interface AlertCase {
  alert: string;
  /** Values every 5 seconds, in Prometheus' notation. */
  series: Record<string, string>;
  firesAt: string;
  labels: Record<string, string>;
  summary: string;
  /** When it has ended. */
  endsAt: string;
}

const request = 'service="wallet",method="GET",route="/bets",version="1"';
const orders = 'service="orders",method="GET",route="/orders",version="1"';
const partition = 'redpanda_topic="V1_BETS",redpanda_partition="0"';
const group = `redpanda_group="ledger",${partition}`;

/** Every alert but those of objectives, each made true by the series that a fault leaves. */
export const alertCases: AlertCase[] = [
  {
    alert: "ServiceDown",
    series: { 'up{service="wallet"}': "1x3 0x9 1x20", 'up{service="orders"}': "1x40" },
    firesAt: "40s",
    labels: { severity: "critical", service: "wallet" },
    summary: "wallet does not answer its scrape",
    endsAt: "75s",
  },
  {
    // The target itself is gone: nothing is left that could be 0.
    alert: "ServiceDown",
    series: { 'up{service="wallet"}': "1x3 stale _x9 1x20", 'up{service="orders"}': "1x40" },
    firesAt: "40s",
    labels: { severity: "critical", service: "wallet" },
    summary: "wallet does not answer its scrape",
    endsAt: "80s",
  },
  {
    alert: "ServiceRestarted",
    series: { 'plinth_process_restarts_total{process="wallet"}': "0x3 1x40" },
    firesAt: "30s",
    labels: { severity: "warning", process: "wallet" },
    summary: "wallet ended and was started again",
    endsAt: "80s",
  },
  {
    alert: "ServiceRestarted",
    series: { 'kube_pod_container_status_restarts_total{container="orders",pod="orders-1"}': "4x3 5x40" },
    firesAt: "30s",
    labels: { severity: "warning", container: "orders", pod: "orders-1" },
    summary: "orders ended and was started again",
    endsAt: "80s",
  },
  {
    alert: "ServiceNotReady",
    series: { 'plinth_process_ready{process="wallet"}': "1x3 0x9 1x20" },
    firesAt: "40s",
    labels: { severity: "critical", process: "wallet" },
    summary: "wallet does not become ready",
    endsAt: "75s",
  },
  {
    alert: "ServiceNotReady",
    series: {
      'kube_deployment_status_replicas_unavailable{namespace="dev",deployment="orders"}': "0x3 1x9 0x20",
      'kube_pod_container_status_waiting_reason{reason="ContainerCreating",container="wallet"}': "1x30",
    },
    firesAt: "40s",
    labels: { severity: "critical", namespace: "dev", deployment: "orders" },
    summary: "orders does not become ready",
    endsAt: "75s",
  },
  {
    alert: "HighErrorRate",
    series: {
      [`http_requests_total{${request},status="200"}`]: "0+90x50",
      [`http_requests_total{${request},status="503"}`]: "0x3 10+10x20 210x40",
      // Only machines ask this.
      'http_requests_total{service="orders",route="/ready",status="503"}': "0+10x60",
    },
    firesAt: "80s",
    labels: { severity: "critical", service: "wallet" },
    summary: "wallet fails 10% of its requests",
    endsAt: "170s",
  },
  {
    // Under a prefix (PIN-9).
    alert: "HighErrorRate",
    series: {
      [`pinstack_http_requests_total{${orders},status="200"}`]: "0+50x50",
      [`pinstack_http_requests_total{${orders},status="500"}`]: "0x3 50+50x20 1050x40",
    },
    firesAt: "80s",
    labels: { severity: "critical", service: "orders" },
    summary: "orders fails 50% of its requests",
    endsAt: "170s",
  },
  {
    alert: "SlowRoute",
    series: {
      [`http_request_duration_seconds_bucket{${request},le="1"}`]: "0x100",
      [`http_request_duration_seconds_bucket{${request},le="2"}`]: "0+10x20 210x60",
      [`http_request_duration_seconds_bucket{${request},le="+Inf"}`]: "0+10x20 210x60",
    },
    firesAt: "60s",
    labels: { severity: "warning", service: "wallet", route: "/bets" },
    summary: "wallet answers /bets in 1.99s (p99)",
    endsAt: "150s",
  },
  {
    alert: "PoolExhausted",
    series: { 'database_pool_waiting{service="wallet"}': "0x3 7x9 0x20" },
    firesAt: "40s",
    labels: { severity: "critical", service: "wallet" },
    summary: "wallet has 7 transactions that wait for a connection",
    endsAt: "75s",
  },
  {
    alert: "BrokerDown",
    series: { redpanda_cluster_brokers: "1x3 0x9 1x20" },
    firesAt: "40s",
    labels: { severity: "critical" },
    summary: "The broker does not answer",
    endsAt: "75s",
  },
  {
    alert: "ConsumerLagGrows",
    series: {
      [`redpanda_kafka_max_offset{${partition}}`]: "0+50x20 1050x40",
      [`redpanda_kafka_consumer_group_committed_offset{${group}}`]: "0x20 1050x40",
    },
    firesAt: "70s",
    labels: { severity: "warning", redpanda_group: "ledger", redpanda_topic: "V1_BETS" },
    summary: "ledger is 700 records behind on V1_BETS",
    endsAt: "150s",
  },
  {
    alert: "DeadLetters",
    series: { 'redpanda_kafka_max_offset{redpanda_topic="V1_BETS_DLQ",redpanda_partition="0"}': "3x3 4x40" },
    firesAt: "30s",
    labels: { severity: "warning", redpanda_topic: "V1_BETS_DLQ" },
    summary: "V1_BETS_DLQ has new dead letters",
    endsAt: "100s",
  },
  {
    alert: "SchemasRefused",
    series: {
      'redpanda_schema_registry_request_errors_total{redpanda_status="409"}': "0x3 1x40",
      'redpanda_schema_registry_request_errors_total{redpanda_status="404"}': "0+1x40",
    },
    firesAt: "30s",
    labels: { severity: "warning", redpanda_status: "409" },
    summary: "The schema registry refused requests with 409",
    endsAt: "100s",
  },
  {
    alert: "OutboxStuck",
    series: {
      'outbox_backlog{service="wallet"}': "0x3 12x20 0x40",
      'outbox_published_total{service="wallet",topic="V1_BETS"}': "0+5x3 20x20 21+5x40",
      // As much waits here, but it moves.
      'outbox_backlog{service="highload"}': "12x60",
      'outbox_published_total{service="highload",topic="user-events"}': "0+5x60",
    },
    firesAt: "90s",
    labels: { severity: "critical", service: "wallet" },
    summary: "wallet has 12 events that the broker does not take",
    endsAt: "150s",
  },
  {
    alert: "DatabaseDown",
    series: { pg_up: "1x3 0x9 1x20" },
    firesAt: "40s",
    labels: { severity: "critical" },
    summary: "The database does not answer",
    endsAt: "75s",
  },
  {
    alert: "ConnectionsNearLimit",
    series: {
      'pg_stat_activity_count{instance="a",state="idle"}': "10x3 90x9 10x20",
      'pg_stat_activity_count{instance="a",state="active"}': "2x40",
      'pg_settings_max_connections{instance="a"}': "100x40",
    },
    firesAt: "40s",
    labels: { severity: "warning", instance: "a" },
    summary: "92% of the database's connections are in use",
    endsAt: "75s",
  },
  {
    alert: "LocksWaiting",
    series: {
      'pg_stat_activity_count{instance="a",state="active",wait_event_type="Lock"}': "0x3 2x9 0x20",
      'pg_stat_activity_count{instance="a",state="idle",wait_event_type="Client"}': "20x40",
    },
    firesAt: "40s",
    labels: { severity: "warning", instance: "a" },
    summary: "2 sessions wait for a lock",
    endsAt: "75s",
  },
  {
    alert: "TransactionLeftOpen",
    series: {
      'pg_stat_activity_max_tx_duration{instance="a",state="idle in transaction"}': "0+5x18 0x20",
      'pg_stat_activity_max_tx_duration{instance="a",state="active"}': "900x40",
    },
    firesAt: "90s",
    labels: { severity: "warning", instance: "a", state: "idle in transaction" },
    summary: "A transaction does nothing since 1m 30s",
    endsAt: "105s",
  },
  {
    alert: "Deadlocks",
    series: { 'pg_stat_database_deadlocks{datname="plinth"}': "1x3 2x40" },
    firesAt: "30s",
    labels: { severity: "warning", datname: "plinth" },
    summary: "Transactions of plinth waited for each other",
    endsAt: "100s",
  },
  {
    alert: "StoreDown",
    series: { 'up{service="victoria-logs",job="platform"}': "1x3 0x9 1x20" },
    firesAt: "40s",
    labels: { severity: "critical", service: "victoria-logs", job: "platform" },
    summary: "victoria-logs does not answer: lines, numbers or spans may be missing",
    endsAt: "75s",
  },
  {
    alert: "LinesLost",
    series: {
      'loki_lines_total{service="wallet",result="dropped"}': "0x3 5+5x9 50x30",
      'loki_lines_total{service="wallet",result="pushed"}': "0+5x60",
    },
    firesAt: "60s",
    labels: { severity: "warning", service: "wallet" },
    summary: "wallet loses lines that the log store does not take",
    endsAt: "130s",
  },
  {
    alert: "CollectorDrops",
    series: { 'plinth_collector_dropped_total{reason="too old",service="observability"}': "0x3 4x40" },
    firesAt: "30s",
    labels: { severity: "warning", reason: "too old" },
    summary: "The collector dropped lines or spans: too old",
    endsAt: "100s",
  },
  {
    alert: "NotificationsFail",
    series: {
      'plinth_notifications_total{result="failed",service="observability"}': "0x3 4x40",
      'plinth_notifications_total{result="taken",service="observability"}': "0+1x40",
    },
    firesAt: "30s",
    labels: { severity: "warning", result: "failed" },
    summary: "The webhook was not told of alerts: failed",
    endsAt: "100s",
  },
  {
    alert: "SpansLost",
    series: { 'pinstack_tracing_spans_total{service="orders",result="failed"}': "0x3 5+5x9 50x30" },
    firesAt: "60s",
    labels: { severity: "warning", service: "orders" },
    summary: "orders loses spans that no receiver takes",
    endsAt: "130s",
  },
  {
    alert: "SeriesRefused",
    series: { 'metric_series_refused_total{service="wallet",metric="http_requests_total"}': "0x3 9x40" },
    firesAt: "30s",
    labels: { severity: "warning", service: "wallet", metric: "http_requests_total" },
    summary: "wallet counts under 'other' because http_requests_total has too many label values",
    endsAt: "100s",
  },
];
