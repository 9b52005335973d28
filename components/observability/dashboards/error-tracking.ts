import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric, machineRoutes, noneOfValues } from "../promql.ts";
import { numbers, ratePer, ratePerOrZero } from "./panel.ts";

const CHOSEN = 'service=~"$service"';

/** Faults wherever they show: in answers, in the database, in consumers, in logs and in traces. */
export function errorTracking(services: readonly ObservedService[]): Dashboard {
  const metric = createSelectMetric(services);
  const userRoutes = noneOfValues("route", machineRoutes(services));
  const requests = metric("http_requests_total", CHOSEN, userRoutes);
  const withStatus = (status: string) => metric("http_requests_total", CHOSEN, userRoutes, `status=~"${status}"`);
  return {
    id: "error-tracking",
    title: "Error Tracking",
    description: "Which faults there are, where they come from, and the lines and traces that explain them.",
    variables: [{ name: "service", label: "service", metric: metric("http_requests_total") }],
    rows: [
      {
        title: "Answers",
        panels: [
          numbers(
            "timeseries",
            "ratio",
            {
              "{{service}}": `(${ratePerOrZero(["service"], withStatus("5.."), requests)}) / sum by (service) (rate(${requests}[$__interval]))`,
            },
            {
              title: "Share of failed requests",
              description: "Answers with 5xx among all. Above 0.01, open a failed trace below.",
              threshold: 0.01,
            },
          ),
          numbers(
            "timeseries",
            "requests/s",
            {
              "{{service}} {{route}} {{status}}": ratePerOrZero(
                ["service", "route", "status"],
                withStatus("5.."),
                requests,
              ),
            },
            {
              title: "Failed requests by route",
              description: "One route alone points at its code, all routes at a dependency.",
            },
          ),
          numbers(
            "timeseries",
            "requests/s",
            { "{{service}} {{status}}": ratePerOrZero(["service", "status"], withStatus("4.."), requests) },
            {
              title: "Refused requests",
              description: "Answers with 4xx. A jump after a release is a contract that changed: compare OpenAPI.",
            },
          ),
          numbers(
            "table",
            "none",
            {
              "{{service}} {{method}} {{route}} {{status}}": `topk(20, sum by (service, method, route, status) (increase(${withStatus("[45]..")}[1h]))) or topk(1, 0 * sum by (service, method, route, status) (${requests}))`,
            },
            {
              title: "Most refused and failed in the last hour",
              description: "Twenty routes by the number of 4xx and 5xx. Begin at the top.",
            },
          ),
        ],
      },
      {
        title: "Behind the answers",
        panels: [
          numbers(
            "timeseries",
            "events/s",
            {
              "{{service}} {{class}}": ratePerOrZero(
                ["service", "class"],
                metric("database_errors_total", CHOSEN),
                metric("database_pool_connections_max", CHOSEN),
              ),
            },
            {
              title: "Database errors",
              description: "By class. Connection errors: see the database; constraint errors: see the calling code.",
            },
          ),
          numbers(
            "timeseries",
            "events/s",
            {
              "{{service}} {{topic}} {{result}}": ratePerOrZero(
                ["service", "topic", "result"],
                metric("consumer_events_total", CHOSEN, 'result=~"retried|dead_letter"'),
                metric("consumer_events_total", CHOSEN, 'result="applied"'),
              ),
            },
            {
              title: "Retried events and dead letters",
              description: "Events that could not be applied. Read the reason in the dead letter, then replay it.",
            },
          ),
          numbers(
            "timeseries",
            "events/s",
            {
              "{{service}} requests": ratePer(["service"], metric("bus_publish_failures_total", CHOSEN)),
              "{{service}} outbox": ratePer(["service"], metric("outbox_publish_failures_total", CHOSEN)),
            },
            {
              title: "Failed publishing",
              description: "Writes that the broker did not take. Above 0, check the broker; the outbox keeps events.",
            },
          ),
          numbers(
            "timeseries",
            "events/s",
            {
              "{{service}} spans {{result}}": ratePerOrZero(
                ["service", "result"],
                metric("tracing_spans_total", CHOSEN, 'result=~"failed|dropped"'),
                metric("tracing_spans_total", CHOSEN, 'result="exported"'),
              ),
            },
            {
              title: "Telemetry lost",
              description: "Spans that no receiver took. Above 0, check the collector: what you see is incomplete.",
            },
          ),
        ],
      },
      {
        title: "Evidence",
        panels: [
          {
            title: "Error lines",
            description: "Lines of level error and above. A line's trace shows the request that it belongs to.",
            kind: "logs",
            unit: "none",
            queries: [],
            logs: { labels: { service: "$service" }, level: "error" },
          },
          {
            title: "Failed traces",
            description: "Traces with a failed span. The deepest failed span is the cause.",
            kind: "traces",
            unit: "none",
            queries: [],
            traces: { service: "$service", status: "error" },
          },
        ],
      },
    ],
  };
}
