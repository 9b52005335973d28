import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { root } from "@plinth/runtime/locations.ts";
import { outputs } from "./endpoints.ts";
import { plot } from "./load/plot.ts";
import { type LoadResult, lagOf, load, type Second } from "./load/run.ts";
import { loadSettings } from "./load/settings.ts";
import { main } from "./main.ts";
import { readMetrics } from "./metrics.ts";
import { table } from "./table.ts";

const CATCH_UP_MS = 60_000;
const FILE = ".plinth/load.svg";

/**
 * `make load`: requests to the high-load service of the stack, or to the one at `BASE`. Prints requests a second, latencies, errors, its pool and
 * its lag, and draws them into a file. Exit code 1 when a request was refused or unanswered, or the events were not processed in the end.
 */
await main(async (stack) => {
  const settings = await loadSettings(process.env, async () => (await outputs(stack)).endpoints.highload);
  const { base, connections, seconds, rate } = settings;
  console.log(`${base}: ${connections} connections, ${seconds} s, ${rate === undefined ? "as fast as it answers" : `${rate} requests/s`}`);
  const result = await load(settings, (second, number) => console.log(lineOf(second, number)));
  const caughtUp = await catchUp(base);
  console.log(`\n${summary(result, caughtUp)}`);
  const file = join(root, FILE);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, drawn(base, result));
  console.log(`\n${FILE} has the curves.`);
  const refused = [...result.refused.values()].reduce((sum, count) => sum + count, 0);
  return refused + result.unanswered > 0 || caughtUp === false ? 1 : 0;
});

function lineOf({ requests, errors, p50, p95, p99, pool, lag }: Second, number: number): string {
  const facts = [
    `${number} s`.padStart(5),
    `${requests} req/s`.padStart(12),
    `p50 ${ms(p50)}  p95 ${ms(p95)}  p99 ${ms(p99)}`,
    `errors ${errors}`,
  ];
  if (pool) facts.push(`pool ${pool.used}/${pool.most}${pool.waiting > 0 ? ` +${pool.waiting} waiting` : ""}`);
  if (lag !== undefined) facts.push(`lag ${lag}`);
  return facts.join("  ");
}

function summary(result: LoadResult, caughtUp: number | false | undefined): string {
  const { seconds, refused, unanswered, requests } = result;
  const pools = seconds.flatMap(({ pool }) => (pool ? [pool] : []));
  const lags = seconds.flatMap(({ lag }) => (lag === undefined ? [] : [lag]));
  const most = (values: number[]) => Math.max(0, ...values);
  const behind =
    caughtUp === false ? `not caught up after ${CATCH_UP_MS / 1000} s` : `caught up ${((caughtUp ?? 0) / 1000).toFixed(1)} s after the end`;
  const errors = [...refused].map(([status, count]) => `${count} × ${status}`).concat(unanswered > 0 ? [`${unanswered} unanswered`] : []);
  return table(
    ["what", "value"],
    [
      ["requests", String(requests)],
      ["RPS", result.rps.toFixed(0)],
      ["P50", ms(result.p50)],
      ["P95", ms(result.p95)],
      ["P99", ms(result.p99)],
      ["errors", errors.length > 0 ? errors.join(", ") : "0"],
      [
        "pool",
        pools.length > 0
          ? `${most(pools.map(({ used }) => used))} of ${pools[0]!.most} used at most, ${most(pools.map(({ waiting }) => waiting))} waiting`
          : "no metric says",
      ],
      ["lag", lags.length > 0 ? `${most(lags)} events at most, ${behind}` : "no metric says"],
    ],
  );
}

/** Milliseconds until every event was processed; false when that took too long, undefined where no metric says. */
async function catchUp(base: string): Promise<number | false | undefined> {
  for (const begun = Date.now(); ; await sleep(100)) {
    const lag = lagOf(await readMetrics(base));
    if (lag === undefined) return undefined;
    if (lag === 0) return Date.now() - begun;
    if (Date.now() - begun > CATCH_UP_MS) return false;
  }
}

function drawn(base: string, { seconds }: LoadResult): string {
  const curve = (name: string, colour: string, of: (second: Second) => number) => ({ name, colour, values: seconds.map(of) });
  return plot(`Load on ${base}`, [
    {
      title: "Requests a second",
      curves: [curve("RPS", "#1f77b4", ({ requests }) => requests), curve("errors", "#d62728", ({ errors }) => errors)],
    },
    {
      title: "Latency, ms",
      curves: [
        curve("P50", "#2ca02c", ({ p50 }) => p50),
        curve("P95", "#ff7f0e", ({ p95 }) => p95),
        curve("P99", "#d62728", ({ p99 }) => p99),
      ],
    },
    { title: "Events not yet processed", curves: [curve("lag", "#9467bd", ({ lag }) => lag ?? 0)] },
  ]);
}

function ms(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
