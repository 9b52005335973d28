import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "@plinth/local/locations.ts";
import type { ProgramRun } from "../../../tests/support/program-run/process.ts";
import { type BenchmarkRow, formatSeconds, medianAndRange } from "../row.ts";

const COUNTS = [10, 100, 1_000];
const STARTS = 5;

/**
 * The program of a stack without engine and cluster: how soon it is under way, and how it grows
 * with services.
 */
export async function benchmarkProgram(): Promise<BenchmarkRow[]> {
  // Of its own: what is measured is what a second 'up' does, whoever ran what before.
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

/**
 * @param copies so many services take the place of those that are there @param cache of compiled
 * code, as the language host has one
 */
export async function runProgram(stack: string, copies?: number, cache?: string): Promise<ProgramRun> {
  const script = join(root, "tests", "support", "program-run", "process.ts");
  const args = [script, stack, ...(copies === undefined ? [] : [String(copies)])];
  const env = { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  return JSON.parse(stdout) as ProgramRun;
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
