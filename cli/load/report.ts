import { formatTable } from "../terminal/table.ts";
import { CATCH_UP_TIMEOUT_MS } from "./catch-up.ts";
import type { LoadResult, SecondStats } from "./load.ts";
import { renderPlot } from "./plot.ts";

/** One line of progress. */
export function formatSecond(
  { requests, errors, p50, p95, p99, poolUsage, eventLag }: SecondStats,
  number: number,
): string {
  const facts = [
    `${number} s`.padStart(5),
    `${requests} req/s`.padStart(12),
    `p50 ${formatMs(p50)}  p95 ${formatMs(p95)}  p99 ${formatMs(p99)}`,
    `errors ${errors}`,
  ];
  if (poolUsage)
    facts.push(
      `pool ${poolUsage.used}/${poolUsage.max}${poolUsage.waiting > 0 ? ` +${poolUsage.waiting} waiting` : ""}`,
    );
  if (eventLag !== undefined) facts.push(`lag ${eventLag}`);
  return facts.join("  ");
}

/**
 * The table at the end of a load.
 *
 * @param catchUpMs milliseconds until all events were processed; false: not in time; undefined: no
 * metric says
 */
export function formatSummary(result: LoadResult, catchUpMs: number | false | undefined): string {
  const { seconds, rejected, unanswered, requests } = result;
  const pools = seconds.flatMap(({ poolUsage }) => (poolUsage ? [poolUsage] : []));
  const lags = seconds.flatMap(({ eventLag }) => (eventLag === undefined ? [] : [eventLag]));
  const highest = (values: number[]) => Math.max(0, ...values);
  const catchUp =
    catchUpMs === false
      ? `not caught up after ${CATCH_UP_TIMEOUT_MS / 1000} s`
      : `caught up ${((catchUpMs ?? 0) / 1000).toFixed(1)} s after the end`;
  const errors = [...rejected]
    .map(([status, count]) => `${count} × ${status}`)
    .concat(unanswered > 0 ? [`${unanswered} unanswered`] : []);
  return formatTable(
    ["what", "value"],
    [
      ["requests", String(requests)],
      ["RPS", result.rps.toFixed(0)],
      ["P50", formatMs(result.p50)],
      ["P95", formatMs(result.p95)],
      ["P99", formatMs(result.p99)],
      ["errors", errors.length > 0 ? errors.join(", ") : "0"],
      [
        "pool",
        pools.length > 0
          ? `${highest(pools.map(({ used }) => used))} of ${pools[0]!.max} used at most, ${highest(pools.map(({ waiting }) => waiting))} waiting`
          : "no metric says",
      ],
      ["lag", lags.length > 0 ? `${highest(lags)} events at most, ${catchUp}` : "no metric says"],
    ],
  );
}

/** The curves of a load as an SVG. */
export function plotLoad(base: string, { seconds }: LoadResult): string {
  const curve = (name: string, colour: string, of: (second: SecondStats) => number) => ({
    name,
    colour,
    values: seconds.map(of),
  });
  return renderPlot(`Load on ${base}`, [
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
    { title: "Events not yet processed", curves: [curve("lag", "#9467bd", ({ eventLag }) => eventLag ?? 0)] },
  ]);
}

function formatMs(value: number): string {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`;
}
