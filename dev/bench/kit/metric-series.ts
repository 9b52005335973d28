import { createMetrics, DURATION_BUCKETS } from "@plinth/kit/telemetry/metrics.ts";
import { Counter, Histogram, Registry } from "prom-client";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { medianAndRange } from "../statistics.ts";

const OBSERVATIONS = 1_000_000;
const LABELS = { method: "GET", route: "/api/v1/users/:id", status: "200" } as const;
const NAMES = ["method", "route", "status"] as const;
const VALUES = [LABELS.method, LABELS.route, LABELS.status] as const;

/**
 * CPU time of counting once and of observing once, by prom-client's own classes and by the kit's.
 */
export async function measureMetricSeries(runs: number): Promise<BenchmarkRow[]> {
  const registers = [new Registry()];
  const counter = new Counter({ name: "library_total", help: "x", labelNames: NAMES, registers });
  const histogram = new Histogram({
    name: "library_seconds",
    help: "x",
    labelNames: NAMES,
    buckets: [...DURATION_BUCKETS],
    registers,
  });
  const metrics = createMetrics("bench", "1.0.0");
  const kitCounter = metrics.counter({ name: "kit_total", type: "counter", help: "x", labels: NAMES });
  const kitHistogram = metrics.histogram({ name: "kit_seconds", type: "histogram", help: "x", labels: NAMES });
  const boundLibrary = { counter: counter.labels(...VALUES), histogram: histogram.labels(...VALUES) };
  const boundKit = { counter: kitCounter.labels(...VALUES), histogram: kitHistogram.labels(...VALUES) };
  const subjects: Record<string, { description: string; record: () => void }> = {
    "library-counter": { description: "count, by its labels (prom-client)", record: () => counter.inc(LABELS) },
    "kit-counter": { description: "count, by its labels (the kit)", record: () => kitCounter.inc(LABELS) },
    "library-bound-counter": {
      description: "count, series known (prom-client)",
      record: () => boundLibrary.counter.inc(),
    },
    "kit-bound-counter": { description: "count, series known (the kit)", record: () => boundKit.counter.inc() },
    "library-bound-histogram": {
      description: "observe, series known (prom-client)",
      record: () => boundLibrary.histogram.observe(0.0012),
    },
    "kit-bound-histogram": {
      description: "observe, series known (the kit)",
      record: () => boundKit.histogram.observe(0.0012),
    },
  };
  const costs = await measureInTurns(subjects, runs, async ({ record }) => recordingCost(record), 1);
  return Object.entries(subjects).map(([subject, { description }]) => ({
    what: `metric, CPU: ${description}`,
    goal: "printed",
    measured: medianAndRange(costs[subject]!, (value) => `${value.toFixed(3)} µs`),
  }));
}

/** Microseconds of one call. */
function recordingCost(record: () => void): number {
  const before = process.cpuUsage();
  for (let count = 0; count < OBSERVATIONS; count++) record();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / OBSERVATIONS;
}
