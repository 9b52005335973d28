import type { Dashboard } from "@plinth/local/page/model/dashboard.ts";
import type { ObservedService } from "../observed-service.ts";
import { createSelectMetric, machineRoutes, noneOfValues } from "../promql.ts";
import { numbers, quantileOf, quantiles, ratePer, ratePerOrZero } from "./panel.ts";

const CHOSEN = 'service=~"$service"';

/** One service under load: requests, latency, errors, pool, lag and the event loop (HLS-6). */
export function highLoadService(services: readonly ObservedService[]): Dashboard {
  const metric = createSelectMetric(services);
  const userRoutes = noneOfValues("route", machineRoutes(services));
  const requests = metric("http_requests_total", CHOSEN, userRoutes);
  const failures = metric("http_requests_total", CHOSEN, userRoutes, 'status=~"5.."');
  const buckets = metric("http_request_duration_seconds_bucket", CHOSEN, userRoutes);
  const pool = (name: string, ...matchers: string[]) => `sum by (service) (${metric(name, CHOSEN, ...matchers)})`;
  const first = services.some(({ name }) => name === "highload") ? "highload" : services[0]?.name;
  return {
    id: "high-load-service",
    title: "High-load Service",
    description: "One service at its limit: find what it waits for before you add replicas.",
    variables: [
      {
        name: "service",
        label: "service",
        metric: metric("http_requests_total"),
        ...(first !== undefined && { default: first }),
      },
    ],
    rows: [
      {
        title: "Requests",
        panels: [
          numbers(
            "timeseries",
            "requests/s",
            { "{{route}}": ratePer(["route"], requests) },
            {
              title: "Requests by route",
              description: "Requests a second. A flat top while clients wait is the limit of a replica: add one.",
            },
          ),
          numbers(
            "timeseries",
            "ratio",
            {
              "{{service}}": `(${ratePerOrZero(["service"], failures, requests)}) / ${ratePer(["service"], requests)}`,
            },
            {
              title: "Failed share",
              description: "Answers with 5xx among all. Above 0.01, open Error Tracking.",
              threshold: 0.01,
            },
          ),
          quantiles(buckets, [], {
            title: "Latency of all routes",
            description: "p99 far above p50 under load is a queue: look at the pool and at the event loop.",
          }),
          numbers(
            "bars",
            "seconds",
            { "{{method}} {{route}}": quantileOf(0.99, buckets, ["method", "route"]) },
            {
              title: "Latency p99 by route",
              description: "Writes are slower than reads. A slow read misses the cache: see its hits below.",
            },
          ),
        ],
      },
      {
        title: "Database and cache",
        panels: [
          numbers(
            "timeseries",
            "none",
            {
              used: pool("database_pool_connections", 'state="used"'),
              idle: pool("database_pool_connections", 'state="idle"'),
              limit: pool("database_pool_connections_max"),
              waiting: pool("database_pool_waiting"),
            },
            {
              title: "Connections of the pool",
              description:
                "Transactions that wait are requests that wait: shorten transactions, then enlarge the pool.",
            },
          ),
          quantiles(metric("database_transaction_duration_seconds_bucket", CHOSEN), ["kind"], {
            title: "Transactions by kind",
            description: "From asking for a connection to the commit. Slow with an idle pool: look for locks.",
          }),
          numbers(
            "timeseries",
            "requests/s",
            { "{{result}}": ratePer(["result"], metric("cache_requests_total", CHOSEN)) },
            {
              title: "Cache look-ups",
              description: "By result. Many misses cost the database; an error means that Redis does not answer.",
            },
          ),
          quantiles(metric("cache_lookup_duration_seconds_bucket", CHOSEN), [], {
            title: "Latency of the cache",
            description: "From asking Redis to its answer. Above 10 ms, check Redis' memory and the network.",
          }),
        ],
      },
      {
        title: "Events",
        panels: [
          numbers(
            "timeseries",
            "events/s",
            { "{{topic}} {{result}}": ratePer(["topic", "result"], metric("consumer_events_total", CHOSEN)) },
            {
              title: "Events applied",
              description: "By result. Duplicates follow a restart; retried ones wait for a dependency.",
            },
          ),
          numbers(
            "timeseries",
            "none",
            { "{{topic}}": `sum by (topic) (${metric("consumer_lag", CHOSEN)})` },
            {
              title: "Consumer lag",
              description: "Records not yet handled. If it grows, add replicas up to the number of partitions.",
            },
          ),
          quantiles(metric("consumer_seconds_bucket", CHOSEN), ["topic"], {
            title: "Latency of the handler",
            description: "Of one call. A slow handler is the lag's reason: look at its transactions.",
          }),
          quantiles(metric("bus_publish_seconds_bucket", CHOSEN), [], {
            title: "Latency of publishing",
            description: "Until all in-sync replicas have a record. If it rises, check the broker's disks.",
          }),
        ],
      },
      {
        title: "Process",
        panels: [
          numbers(
            "timeseries",
            "none",
            { "{{service}}": ratePer(["service"], metric("process_cpu_seconds_total", CHOSEN)) },
            {
              title: "Processor cores in use",
              description: "At 1 for each replica, the event loop is full: add replicas.",
            },
          ),
          numbers(
            "timeseries",
            "seconds",
            { "{{service}}": `max by (service) (${metric("nodejs_eventloop_lag_p99_seconds", CHOSEN)})` },
            {
              title: "Event loop delay p99",
              description: "Above 0.1 s something blocks the loop: take a CPU profile.",
            },
          ),
          numbers(
            "timeseries",
            "bytes",
            {
              resident: `sum(${metric("process_resident_memory_bytes", CHOSEN)})`,
              heap: `sum(${metric("nodejs_heap_size_used_bytes", CHOSEN)})`,
            },
            {
              title: "Memory in use",
              description: "A heap that grows over days is a leak: compare two heap snapshots.",
            },
          ),
          numbers(
            "timeseries",
            "ratio",
            { "{{service}}": ratePer(["service"], metric("nodejs_gc_duration_seconds_sum", CHOSEN)) },
            {
              title: "Time in garbage collection",
              description: "Share of the time. Above 0.1, allocate less or give the process more memory.",
            },
          ),
        ],
      },
    ],
  };
}
