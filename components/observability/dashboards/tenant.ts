import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric } from "../promql.ts";
import { numbers, ratePer, ratePerOrZero } from "./panel.ts";

const CHOSEN = 'tenant_id=~"$tenant"';

/** One tenant across metrics, lines and traces. */
export function tenantDashboard(services: readonly ObservedService[]): Dashboard {
  const metric = createSelectMetric(services);
  const requests = metric("tenant_requests_total", CHOSEN);
  const failed = metric("tenant_requests_total", CHOSEN, 'outcome="failed"');
  return {
    id: "tenant",
    title: "Tenant",
    description: "What one tenant does, what it gets, and what it costs.",
    variables: [{ name: "tenant", label: "tenant_id", metric: metric("tenant_requests_total") }],
    rows: [
      {
        title: "Requests",
        panels: [
          numbers(
            "timeseries",
            "requests/s",
            { "{{service}} {{outcome}}": ratePer(["service", "outcome"], requests) },
            {
              title: "Requests of the tenant",
              description: "By outcome. Refused ones are the tenant's own mistakes or its limit; failed ones are ours.",
            },
          ),
          numbers(
            "timeseries",
            "ratio",
            {
              "{{service}}": `(${ratePerOrZero(["service"], failed, requests)}) / ${ratePer(["service"], requests)}`,
            },
            {
              title: "Failed share of the tenant",
              description: "Above the share of all tenants, its data or its shard is the cause: read a failed trace.",
              threshold: 0.01,
            },
          ),
          numbers(
            "timeseries",
            "seconds",
            {
              "{{service}}": `${ratePer(["service"], metric("tenant_request_seconds_total", CHOSEN))} / ${ratePer(["service"], requests)}`,
            },
            {
              title: "Mean latency of the tenant",
              description: "Seconds a request. If it is higher than for others, look at its shard's worker.",
            },
          ),
          numbers(
            "timeseries",
            "ratio",
            {
              "{{service}}": `${ratePer(["service"], metric("tenant_request_seconds_total", CHOSEN))} / ${ratePer(["service"], metric("tenant_request_seconds_total"))}`,
            },
            {
              title: "Share of the work",
              description:
                "Its share of the time spent on requests. A tenant above 0.5 crowds out the others: limit it.",
            },
          ),
          numbers(
            "timeseries",
            "none",
            { "{{tenant}}": 'sum by (tenant) (citus_tenant_queries{tenant=~"$tenant"})' },
            {
              title: "Queries of the tenant",
              description: "Of Citus' current period. Compare with the other tenants on PostgreSQL and Citus.",
              requires: "Citus",
            },
          ),
        ],
      },
      {
        title: "Lines and traces",
        panels: [
          {
            title: "Warnings and errors",
            description: "Lines of the tenant of level warn and above. A line's trace shows the request.",
            kind: "logs",
            unit: "none",
            queries: [],
            logs: { labels: {}, level: "warn", ofTenant: true },
          },
          {
            title: "Failed traces of the tenant",
            description: "Traces with a failed span. The deepest failed span is the cause.",
            kind: "traces",
            unit: "none",
            queries: [],
            traces: { status: "error", ofTenant: true },
          },
          {
            title: "Slow traces of the tenant",
            description: "Traces above half a second. The longest span without children is where the time went.",
            kind: "traces",
            unit: "none",
            queries: [],
            traces: { minDurationMs: 500, ofTenant: true },
            width: 24,
          },
        ],
      },
    ],
  };
}
