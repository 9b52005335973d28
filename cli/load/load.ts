import { createHistogram } from "node:perf_hooks";
import autocannon from "autocannon";
import { requestJson } from "../servers/http-request.ts";
import { type MetricSample, readMetrics, sumSamples } from "../stack/service-metrics.ts";
import type { LoadSettings } from "./settings.ts";

/** One second of the load; latencies in milliseconds. */
export interface SecondStats {
  requests: number;
  errors: number;
  p50: number;
  p95: number;
  p99: number;
  poolUsage: PoolUsage | undefined;
  /** Events not yet processed, in the outbox or the broker; undefined without such a metric. */
  eventLag: number | undefined;
}

/** Database connections of the service. */
export interface PoolUsage {
  used: number;
  max: number;
  waiting: number;
}

export interface LoadResult {
  seconds: SecondStats[];
  /** Over the whole load; latencies in milliseconds. */
  p50: number;
  p95: number;
  p99: number;
  requests: number;
  /** Number of answers outside 2xx, by status. */
  rejected: Map<number, number>;
  /** Requests without an answer. */
  unanswered: number;
  /** Requests a second, by autocannon's clock. */
  rps: number;
}

const USERS = 50;

/**
 * Puts load on a high-load service: of ten requests eight read a user, one lists users and one
 * posts an event. It creates the users before the load and deletes them after it; the events stay.
 *
 * @param progress called after each second
 */
export async function runLoad(
  settings: LoadSettings,
  progress: (second: SecondStats, number: number) => void,
): Promise<LoadResult> {
  const { base, connections, seconds, rate } = settings;
  const users = await createUsers(base);
  try {
    const requests = users.flatMap((id) => [
      ...Array.from({ length: 8 }, () => ({ method: "GET" as const, path: `/api/v1/users/${id}` })),
      { method: "GET" as const, path: "/api/v1/users?page=1&limit=10" },
      {
        method: "POST" as const,
        path: "/api/v1/events",
        body: JSON.stringify({ user_id: id, type: "user_action", data: '{"action": "load"}' }),
      },
    ]);
    const all = createHistogram();
    let current = createHistogram();
    let errors = 0;
    const rejected = new Map<number, number>();
    const timeline: SecondStats[] = [];
    const samples: Promise<void>[] = [];
    const headers = { "content-type": "application/json" };
    const run = autocannon({
      url: base,
      connections,
      duration: seconds,
      headers,
      requests,
      ...(rate !== undefined && { overallRate: rate }),
    });
    run.on("response", (_client, status, _bytes, milliseconds) => {
      const microseconds = Math.max(1, Math.round(milliseconds * 1000));
      all.record(microseconds);
      current.record(microseconds);
      if (status >= 200 && status < 300) return;
      errors++;
      rejected.set(status, (rejected.get(status) ?? 0) + 1);
    });
    run.on("tick", () => {
      const [past, failed] = [current, errors];
      // autocannon ticks once more after the load has ended.
      if (past.count === 0 && samples.length >= seconds) return;
      current = createHistogram();
      errors = 0;
      samples.push(
        readMetrics(base).then((metrics) => {
          const second = {
            requests: past.count,
            errors: failed,
            ...percentiles(past),
            poolUsage: poolUsage(metrics),
            eventLag: eventLag(metrics),
          };
          timeline.push(second);
          progress(second, timeline.length);
        }),
      );
    });
    const result = await run;
    await Promise.all(samples);
    const unanswered = result.errors + result.timeouts;
    return {
      seconds: timeline,
      ...percentiles(all),
      requests: all.count,
      rejected,
      unanswered,
      rps: all.count / result.duration,
    };
  } finally {
    await Promise.all(
      users.map((id) =>
        fetch(`${base}/api/v1/users/${id}`, { method: "DELETE", signal: AbortSignal.timeout(20_000) }).then((answer) =>
          answer.body?.cancel(),
        ),
      ),
    );
  }
}

/** Unprocessed events in the outbox and in the broker. */
export function eventLag(samples: readonly MetricSample[] | undefined): number | undefined {
  if (samples === undefined) return undefined;
  const [unpublished, unread] = [sumSamples(samples, "outbox_backlog"), sumSamples(samples, "consumer_lag")];
  return unpublished === undefined && unread === undefined ? undefined : (unpublished ?? 0) + (unread ?? 0);
}

function poolUsage(samples: readonly MetricSample[] = []): PoolUsage | undefined {
  const used = sumSamples(samples, "database_pool_connections", { state: "used" });
  if (used === undefined) return undefined;
  return {
    used,
    max: sumSamples(samples, "database_pool_connections_max") ?? 0,
    waiting: sumSamples(samples, "database_pool_waiting") ?? 0,
  };
}

function percentiles(histogram: ReturnType<typeof createHistogram>) {
  const at = (percent: number) => (histogram.count === 0 ? 0 : histogram.percentile(percent) / 1000);
  return { p50: at(50), p95: at(95), p99: at(99) };
}

async function createUsers(base: string): Promise<string[]> {
  const ids: string[] = [];
  for (let number = 1; number <= USERS; number++) {
    const user = { email: `load-${crypto.randomUUID()}@example.com`, first_name: "Load", last_name: String(number) };
    const { body } = await requestJson<{ id: string }>("POST", `${base}/api/v1/users`, { status: 201, body: user });
    ids.push(body.id);
  }
  return ids;
}
