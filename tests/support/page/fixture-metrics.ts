import type { Exemplar, Series } from "@plinth/local/page/model/platform.ts";
import type { MetricSource } from "@plinth/local/page/model/sources.ts";
import { traceId } from "./fixture-traces.ts";

const VALUES: Record<string, readonly string[]> = {
  service: ["wallet", "highload", "orders", "gateway"],
  tenant: ["20000", "20001", "20002"],
  route: ["/api/v1/bets", "/api/v1/bets/:id", "/api/v1/balance"],
  topic: ["wallet.bet-placed", "orders.created"],
  status: ["200", "201", "404", "500"],
};

/** Waves for whatever is asked, with the labels that the expression groups by. */
export class FixtureMetrics implements MetricSource {
  /** Expressions that contain it have no data. */
  without: string | undefined;

  async range(expr: string, from: number, to: number, step: number): Promise<Series[]> {
    if (this.without !== undefined && expr.includes(this.without)) return [];
    if (/== 0|^sum\(up/.test(expr)) return [flat(expr.includes("== 0") ? 0 : 4, from, to, step)];
    if (expr.startsWith("1 - ")) return [flat(0.98 - (expr.length % 7) / 9, from, to, step)];
    const groups = /by \(([^)]*)\)/.exec(expr)?.[1]?.split(/\s*,\s*/) ?? [];
    const label = expr.startsWith("(") ? undefined : groups.find((name) => name !== "le" && name !== "");
    const values = label === undefined ? [""] : (VALUES[label] ?? ["one", "two", "three"]);
    return values.map((value, index) => {
      const times: number[] = [];
      const numbers: number[] = [];
      for (let time = from; time <= to; time += step) {
        times.push(time);
        numbers.push(scaleOf(expr) * (1 + index * 0.4 + 0.35 * Math.sin(time / 140 + index) + noise(time + index)));
      }
      return { name: "", labels: label === undefined ? {} : { [label]: value }, times, values: numbers };
    });
  }

  async exemplars(_expr: string, from: number, to: number): Promise<Exemplar[]> {
    return Array.from({ length: 9 }, (_, index) => ({
      time: from + ((to - from) * (index + 0.5)) / 9,
      value: 0.05 + 0.02 * (index % 4),
      traceId: traceId(index),
      labels: { service: "wallet" },
    }));
  }

  async labelValues(label: string): Promise<string[]> {
    return [...(VALUES[label] ?? [])];
  }
}

function flat(value: number, from: number, to: number, step: number): Series {
  const times = Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => from + index * step);
  return { name: "", labels: {}, times, values: times.map(() => value) };
}

function scaleOf(expr: string): number {
  if (/bytes/.test(expr)) return 180e6;
  if (/quantile|_sum/.test(expr)) return 0.04;
  if (/\/ *\(?sum|1 -|ratio/.test(expr)) return 0.004;
  return 60;
}

function noise(seed: number): number {
  return (((seed * 7919) % 101) / 101 - 0.5) * 0.16;
}
