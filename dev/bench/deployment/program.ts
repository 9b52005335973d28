import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ProgramRun, runProgram } from "../../../tests/support/program-run/run-program.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds, medianAndRange } from "../statistics.ts";

const COUNTS = [10, 100, 1_000];
const STARTS = 5;

/** The program of a stack without an engine: how soon it starts, and how it grows with services. */
export async function benchmarkProgram(): Promise<BenchmarkRow[]> {
  // A separate cache: the figures are of a second 'up', whatever ran on this machine before.
  const cache = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  try {
    await runProgram("dev", undefined, cache);
    const starts: ProgramRun[] = [];
    for (let start = 0; start < STARTS; start++) starts.push(await runProgram("dev", undefined, cache));
    const rows: BenchmarkRow[] = [startRow(starts)];
    for (const count of COUNTS) rows.push(growthRow(count, await runProgram("dev", count, cache)));
    return rows;
  } finally {
    rmSync(cache, { recursive: true });
  }
}

function startRow(runs: ProgramRun[]): BenchmarkRow {
  const of = (field: "firstMs" | "firstMiB") => runs.map((run) => run[field]);
  return {
    what: "program of dev, start of the process to its first resource",
    goal: "≤ 0.6 s, ≤ 150 MB",
    measured: `${medianAndRange(of("firstMs"), formatSeconds)}, ${medianAndRange(of("firstMiB"), (value) => `${(value * 1.048576).toFixed(0)} MB`)}`,
  };
}

function growthRow(count: number, { resources, ms, MiB }: ProgramRun): BenchmarkRow {
  return {
    what: `program of dev with ${count} services (${resources} resources), without an engine`,
    goal: "linear; 5,000 resources ≤ 5 s",
    measured: `${formatSeconds(ms)}, ${(ms / resources).toFixed(2)} ms a resource, ${(MiB * 1.048576).toFixed(0)} MB`,
  };
}
