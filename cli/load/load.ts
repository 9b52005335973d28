import { createHistogram } from "node:perf_hooks";
import autocannon from "autocannon";
import { type MetricSample, readMetrics, sumSamples } from "../stack/service-metrics.ts";

export interface LoadSettings {
  base: string;
  connections: number;
  seconds: number;
  /** Requests a second. @default as many as are answered */
  rate?: number | undefined;
}

/** What one second of the load was; latencies in milliseconds. */
export interface SecondStats {
  requests: number;
  errors: number;
  p50: number;
  p95: number;
  p99: number;
  poolUsage: PoolUsage | undefined;
  /** Events not yet processed, in the outbox or the broker; undefined where no metric says. */
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
  /** Answers by their status where it is no 2xx. */
  rejected: Map<number, number>;
  /** Requests that had no answer. */
  unanswered: number;
  /** Requests a second, by autocannon's clock. */
  rps: number;
}

const USERS = 50;

/**
 * Of ten requests eight read a user, one lists users and one reports an event. The users are made
 * before, and removed after it; the events stay.
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
    const refused = new Map<number, number>();
    const timeline: SecondStats[] = [];
    const looks: Promise<void>[] = [];
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
      refused.set(status, (refused.get(status) ?? 0) + 1);
    });
    run.on("tick", () => {
      const [past, failed] = [current, errors];
      // autocannon's clock ticks once more when the load is over.
      if (past.count === 0 && looks.length >= seconds) return;
      current = createHistogram();
      errors = 0;
      looks.push(
        readMetrics(base).then((samples) => {
          const second = {
            requests: past.count,
            errors: failed,
            ...percentiles(past),
            poolUsage: poolUsage(samples),
            eventLag: eventLag(samples),
          };
          timeline.push(second);
          progress(second, timeline.length);
        }),
      );
    });
    const result = await run;
    await Promise.all(looks);
    const unanswered = result.errors + result.timeouts;
    return {
      seconds: timeline,
      ...percentiles(all),
      requests: all.count,
      rejected: refused,
      unanswered,
      rps: all.count / result.duration,
    };
  } finally {
    await Promise.all(
      users.map((id) =>
        fetch(`${base}/api/v1/users/${id}`, { method: "DELETE" }).then((answer) => answer.body?.cancel()),
      ),
    );
  }
}

/** Events in the outbox and in the broker that are not processed yet. */
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
    const body = JSON.stringify({
      email: `load-${crypto.randomUUID()}@example.com`,
      first_name: "Load",
      last_name: String(number),
    });
    const url = `${base}/api/v1/users`;
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body }).catch(
      (error: Error) => {
        throw new Error(`${url} cannot be reached: ${(error.cause as Error | undefined)?.message ?? error.message}`);
      },
    );
    if (answer.status !== 201)
      throw new Error(`POST ${url} answered ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
    ids.push(((await answer.json()) as { id: string }).id);
  }
  return ids;
}
