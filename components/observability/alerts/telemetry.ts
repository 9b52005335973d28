import type { AlertGroup } from "@plinth/local/page/model/alert.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric } from "../promql.ts";
import type { AlertTiming } from "./timing.ts";

/** What keeps lines, numbers and spans, in either runtime. */
const STORES = "observability|victoria-logs|victoria-metrics|vmalert|loki|tempo|alloy|prometheus|alertmanager";

/** What is wrong with observing: while one of these fires, the other alerts may be blind. */
export function telemetryAlerts(services: readonly ObservedService[], { window, memory }: AlertTiming): AlertGroup {
  const metric = createSelectMetric(services);
  const rate = (counter: string) => `sum by (service) (rate(${counter}[${window}]))`;
  return {
    name: "telemetry",
    rules: [
      {
        name: "StoreDown",
        expr: `up{service=~"${STORES}"} == 0`,
        for: "30s",
        severity: "critical",
        summary: "{{ $labels.service }} does not answer: lines, numbers or spans may be missing",
        action: "Read its log and start it again; collectors keep what they hold until then.",
        runbook: "store-down",
      },
      {
        name: "LinesLost",
        expr: `${rate(metric("loki_lines_total", 'result=~"refused|dropped"'))} > 0`,
        for: "30s",
        severity: "warning",
        summary: "{{ $labels.service }} loses lines that the log store does not take",
        action: "Look whether the log store is down or full; if it refuses, the service's log has its answer.",
        runbook: "lines-lost",
      },
      {
        name: "CollectorDrops",
        expr: `sum by (reason) (increase(plinth_collector_dropped_total[${memory}])) > 0`,
        for: "0s",
        severity: "warning",
        summary: "The collector dropped lines or spans: {{ $labels.reason }}",
        action: "Correct the sender by the reason; if the store refuses them, read the store's log.",
        runbook: "collector-drops",
      },
      {
        name: "NotificationsFail",
        expr: `sum by (result) (increase(plinth_notifications_total{result!="taken"}[${memory}])) > 0`,
        for: "0s",
        severity: "warning",
        summary: "The webhook was not told of alerts: {{ $labels.result }}",
        action: "Look at the alerts on the page, and correct the webhook's address in the stack's configuration.",
        runbook: "notifications-fail",
      },
      {
        name: "SpansLost",
        expr: `${rate(metric("tracing_spans_total", 'result=~"failed|dropped"'))} > 0`,
        for: "30s",
        severity: "warning",
        summary: "{{ $labels.service }} loses spans that no receiver takes",
        action: "Look whether the collector is down; if it answers, lower the share of sampled requests.",
        runbook: "spans-lost",
      },
      {
        name: "SeriesRefused",
        expr: `sum by (service, metric) (increase(${metric("metric_series_refused_total")}[${memory}])) > 0`,
        for: "0s",
        severity: "warning",
        summary: "{{ $labels.service }} counts under 'other' because {{ $labels.metric }} has too many label values",
        action: "Find the label without a bound in the metric, and put a pattern or a class in its place.",
        runbook: "series-refused",
      },
    ],
  };
}
