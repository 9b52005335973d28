import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric, machineRoutes, noneOfValues, oneOfValues, selector } from "../promql.ts";
import { objectivePanels } from "./objectives.ts";
import { numbers, quantileOf, quantiles, ratePer, ratePerOrZero } from "./panel.ts";

const CHOSEN = 'service=~"$service"';

/** All services at once: what runs, how fast it answers, and what it depends on. */
export function microservicesOverview(services: readonly ObservedService[]): Dashboard {
  const metric = createSelectMetric(services);
  const userRoutes = noneOfValues("route", machineRoutes(services));
  const requests = metric("http_requests_total", CHOSEN, userRoutes);
  const failures = metric("http_requests_total", CHOSEN, userRoutes, 'status=~"5.."');
  const buckets = metric("http_request_duration_seconds_bucket", CHOSEN, userRoutes);
  const names = services.map(({ name }) => name);
  const up = selector("up", oneOfValues("service", names), CHOSEN);
  return {
    id: "microservices-overview",
    title: "Microservices Overview",
    description: "What runs, how fast it answers and what it waits for.",
    variables: [{ name: "service", label: "service", metric: metric("http_requests_total") }],
    rows: [
      {
        title: "Now",
        panels: [
          numbers(
            "stat",
            "none",
            { up: `sum(${up})`, down: `count(${up} == 0) or vector(0)` },
            {
              title: "Replicas",
              description:
                "Replicas that answer the scrape. Where one is down, read its log for the reason of its end.",
              width: 6,
            },
          ),
          numbers(
            "stat",
            "requests/s",
            { requests: `sum(rate(${requests}[$__interval]))` },
            {
              title: "Requests",
              description:
                "Requests a second. If it falls to 0, check the gateway and the clients before the services.",
              width: 6,
            },
          ),
          numbers(
            "stat",
            "ratio",
            { failed: `(sum(rate(${failures}[$__interval])) or vector(0)) / sum(rate(${requests}[$__interval]))` },
            {
              title: "Failed requests",
              description: "Share of requests answered with 5xx. Above 0.01, open Error Tracking.",
              threshold: 0.01,
              width: 6,
            },
          ),
          numbers(
            "stat",
            "seconds",
            { p99: quantileOf(0.99, buckets, []) },
            {
              title: "Latency p99",
              description: "99 of 100 requests are faster. If it rises, compare the routes and dependencies below.",
              width: 6,
            },
          ),
        ],
      },
      { title: "Objectives", panels: objectivePanels(services) },
      {
        title: "Requests",
        panels: [
          numbers(
            "timeseries",
            "requests/s",
            { "{{service}}": ratePer(["service"], requests) },
            {
              title: "Requests by service",
              description: "Requests a second. A service far from its usual rate has lost or gained a client.",
            },
          ),
          numbers(
            "timeseries",
            "requests/s",
            { "{{service}}": ratePerOrZero(["service"], failures, requests) },
            {
              title: "Failed requests by service",
              description: "Answers with 5xx a second. Start with the service that the others call.",
            },
          ),
          quantiles(buckets, ["service"], {
            title: "Latency by service",
            description: "A point of the p99 leads to the trace of a request: look for its longest span.",
          }),
          numbers(
            "bars",
            "seconds",
            { "{{service}} {{route}}": `topk(10, ${quantileOf(0.99, buckets, ["service", "route"])})` },
            {
              title: "Slowest routes",
              description: "The ten highest p99. Open a trace of the slowest one.",
            },
          ),
        ],
      },
      {
        title: "gRPC",
        panels: [
          numbers(
            "timeseries",
            "requests/s",
            {
              "{{service}} {{grpc_method}} {{grpc_code}}": ratePer(
                ["service", "grpc_method", "grpc_code"],
                metric("grpc_server_handled_total", CHOSEN),
              ),
            },
            {
              title: "Calls by outcome",
              description: "Calls a second. Unavailable and Internal are faults of the service that is called.",
              requires: "a gRPC service",
            },
          ),
          quantiles(metric("grpc_server_handling_seconds_bucket", CHOSEN), ["service"], {
            title: "Latency of calls",
            description: "From the headers of a call to the end of its answer. A slow callee slows its callers.",
            requires: "a gRPC service",
          }),
        ],
      },
      {
        title: "Dependencies",
        panels: [
          quantiles(metric("database_transaction_duration_seconds_bucket", CHOSEN), ["service"], {
            title: "Transactions",
            description: "With the wait for a connection. If it is high, look at the pool, then at locks.",
          }),
          numbers(
            "timeseries",
            "ratio",
            {
              "{{service}}": `sum by (service) (${metric("database_pool_connections", CHOSEN, 'state="used"')}) / sum by (service) (${metric("database_pool_connections_max", CHOSEN)})`,
            },
            {
              title: "Pool in use",
              description: "Share of the database connections in use. At 1 requests wait: look for long transactions.",
              threshold: 1,
            },
          ),
          numbers(
            "timeseries",
            "ratio",
            {
              "{{service}}": `sum by (service) (rate(${metric("cache_requests_total", CHOSEN, 'result=~"hit|shared"')}[$__interval])) / sum by (service) (rate(${metric("cache_requests_total", CHOSEN)}[$__interval]))`,
            },
            {
              title: "Cache hits",
              description: "Share of look-ups that the cache answers. If it falls, the database does the work.",
            },
          ),
          numbers(
            "timeseries",
            "events/s",
            { "{{service}} {{topic}}": ratePer(["service", "topic"], metric("bus_published_total", CHOSEN)) },
            {
              title: "Published records",
              description: "Records that all in-sync replicas have. At 0 under load, check the outbox and the broker.",
            },
          ),
        ],
      },
      {
        title: "Processes",
        panels: [
          numbers(
            "timeseries",
            "none",
            { "{{service}}": ratePer(["service"], metric("process_cpu_seconds_total", CHOSEN)) },
            {
              title: "Processor cores",
              description: "Cores in use. A Node process does not get past 1: add replicas before it does.",
            },
          ),
          numbers(
            "timeseries",
            "bytes",
            { "{{service}}": `sum by (service) (${metric("process_resident_memory_bytes", CHOSEN)})` },
            {
              title: "Memory",
              description: "Resident bytes of all replicas. If it only grows over a day, take a heap snapshot.",
            },
          ),
        ],
      },
    ],
  };
}
