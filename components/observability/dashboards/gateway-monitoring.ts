import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric, machineRoutes, noneOfValues, oneOfValues } from "../promql.ts";
import { numbers, quantileOf, quantiles, ratePer, ratePerOrZero } from "./panel.ts";

/** What enters the platform: at its public services, and at the gateway where a stack has one. */
export function gatewayMonitoring(services: readonly ObservedService[]): Dashboard {
  const metric = createSelectMetric(services);
  const open = services.filter((service) => service.public);
  const entries = oneOfValues(
    "service",
    open.map(({ name }) => name),
  );
  const edge = [entries, 'service=~"$service"', noneOfValues("route", machineRoutes(services))];
  const requests = metric("http_requests_total", ...edge);
  const withStatus = (status: string) => metric("http_requests_total", ...edge, `status=~"${status}"`);
  const buckets = metric("http_request_duration_seconds_bucket", ...edge);
  return {
    id: "gateway-monitoring",
    title: "Gateway Monitoring",
    description: "What users ask from outside, and what they get.",
    variables: [{ name: "service", label: "service", metric: metric("http_requests_total", entries) }],
    rows: [
      {
        title: "Public services",
        panels: [
          numbers(
            "timeseries",
            "requests/s",
            { "{{service}}": ratePer(["service"], requests) },
            {
              title: "Requests from outside",
              description: "Requests a second. A sudden 0 is a fault before the services: check DNS and the gateway.",
            },
          ),
          numbers(
            "timeseries",
            "requests/s",
            { "{{service}} {{status}}": ratePer(["service", "status"], requests) },
            {
              title: "Answers by status",
              description: "499 is a client that left before its answer: the service is too slow for it.",
            },
          ),
          quantiles(buckets, ["service"], {
            title: "Latency from outside",
            description: "A point of the p99 leads to a trace: look for its longest span.",
          }),
          numbers(
            "timeseries",
            "requests/s",
            {
              "{{service}} limited": ratePerOrZero(["service"], withStatus("429"), requests),
              "{{service}} unauthorized": ratePerOrZero(["service"], withStatus("401|403"), requests),
            },
            {
              title: "Limited and unauthorized",
              description: "429, 401 and 403. If many: find the client in the lines, then raise its limit or block it.",
            },
          ),
          numbers(
            "bars",
            "requests/s",
            { "{{service}} {{route}}": `topk(15, ${ratePer(["service", "route"], requests)})` },
            {
              title: "Busiest routes",
              description:
                "Fifteen routes by requests a second: cache or limit the first ones before you add replicas.",
            },
          ),
          numbers(
            "bars",
            "seconds",
            { "{{service}} {{route}}": `topk(15, ${quantileOf(0.95, buckets, ["service", "route"])})` },
            {
              title: "Slowest routes from outside",
              description: "Fifteen routes by p95. Open a trace of the first one.",
            },
          ),
        ],
      },
      {
        title: "Envoy",
        panels: [
          numbers(
            "timeseries",
            "requests/s",
            {
              "{{envoy_response_code_class}}xx":
                "sum by (envoy_response_code_class) (rate(envoy_http_downstream_rq_xx[$__interval]))",
            },
            {
              title: "Answers of the gateway",
              description:
                "5xx here without 5xx above are faults between gateway and service: check endpoints and TLS.",
              requires: "a gateway",
            },
          ),
          numbers(
            "timeseries",
            "none",
            { active: "sum(envoy_http_downstream_cx_active)" },
            {
              title: "Connections from outside",
              description: "Open connections. Near the gateway's limit, add replicas of it.",
              requires: "a gateway",
            },
          ),
          numbers(
            "timeseries",
            "milliseconds",
            {
              p99: "histogram_quantile(0.99, sum by (le) (rate(envoy_http_downstream_rq_time_bucket[$__interval])))",
            },
            {
              title: "Latency at the gateway",
              description: "Far above the services' latency, the gateway waits for connections: see the next panel.",
              requires: "a gateway",
            },
          ),
          numbers(
            "timeseries",
            "events/s",
            {
              "{{envoy_cluster_name}}":
                "sum by (envoy_cluster_name) (rate(envoy_cluster_upstream_cx_connect_fail[$__interval]))",
            },
            {
              title: "Failed connections to services",
              description: "Above 0, compare the service's endpoints with its ready pods.",
              requires: "a gateway",
            },
          ),
        ],
      },
    ],
  };
}
