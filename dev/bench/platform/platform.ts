import { status } from "@plinth/local/supervisor/client.ts";
import { type ProcessMemory, readProcessMemory } from "../../../cli/stack/process-memory.ts";
import { Stack } from "../../../tests/support/stack/stack.ts";
import type { BenchmarkRow } from "../row.ts";
import { benchmarkBets } from "../services/bets.ts";
import { formatSeconds, measureTime, medianAndRange } from "../statistics.ts";

const UPS = 3;
const NO_OPS = 5;
/** After the last start, to let the work of a start end. */
const SETTLE_MS = 5000;

/** Whole commands, as a person runs them, on a separate stack. */
export async function benchmarkPlatform(): Promise<BenchmarkRow[]> {
  const stack = await Stack.create();
  try {
    const ups: number[] = [];
    for (let i = 0; i < UPS; i++) {
      ups.push((await measureTime(() => stack.expectSuccess("up"))).ms);
      if (i < UPS - 1) await stack.expectSuccess("down", "PURGE=1");
    }
    const noOps: number[] = [];
    for (let i = 0; i < NO_OPS; i++) noOps.push((await measureTime(() => stack.expectSuccess("up"))).ms);
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
    return [
      { what: "make up, empty data", goal: "≤ 15 s (8 s)", measured: medianAndRange(ups, formatSeconds) },
      { what: "make up, nothing changed", goal: "≤ 3 s", measured: medianAndRange(noOps, formatSeconds) },
      await measureMemory(stack),
      ...(await measureBets(stack)),
    ];
  } finally {
    await stack.destroy();
  }
}

async function measureBets(stack: Stack): Promise<BenchmarkRow[]> {
  const wallet = (await status(stack.directory)).find(({ name }) => name === "wallet");
  return benchmarkBets({
    base: `http://127.0.0.1:${stack.ports.wallet}`,
    ...(wallet?.pid === undefined ? {} : { pid: wallet.pid }),
  });
}

async function measureMemory(stack: Stack): Promise<BenchmarkRow> {
  const kept = (await status(stack.directory)).flatMap(({ name, pid }) =>
    pid === undefined ? [] : [{ name, ...readProcessMemory(pid) }],
  );
  // Every process is a descendant of the supervisor, because this one never replaced a killed one.
  const total = readProcessMemory(stack.supervisor()!.pid);
  const own = (kind: keyof ProcessMemory) => total[kind] - kept.reduce((sum, each) => sum + each[kind], 0);
  const parts = [{ name: "supervisor", resident: own("resident"), proportional: own("proportional") }, ...kept];
  return {
    what: `platform at rest (${parts.map(({ name, resident }) => `${name} ${Math.round(resident)}`).join(", ")})`,
    goal: "≤ 700 MiB resident",
    measured: `${Math.round(total.resident)} MiB; ${Math.round(total.proportional)} MiB with shared pages counted once`,
  };
}
