import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { status } from "@plinth/local/supervisor/client.ts";
import { readProcessMemory } from "../../../cli/stack/process-memory.ts";
import { Stack } from "../../../tests/support/stack/stack.ts";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds, measureTime, median, medianAndRange } from "../statistics.ts";
import { benchmarkIngest } from "./ingest.ts";

const UPS = 3;
const SAMPLES = 20;
const ARRIVAL_MS = 10_000;
/** After the last start, to let the work of a start end. */
const SETTLE_MS = 15_000;
const PROCESSES = ["observability", "victoria-logs", "victoria-metrics", "vmalert"];

/** What observing costs a stack, and how soon it shows something; one stack without it beside. */
export async function benchmarkObservedStack(): Promise<BenchmarkRow[]> {
  const stacks = { on: await Stack.create({ observability: true }), off: await Stack.create() };
  try {
    const ups = await measureInTurns(stacks, UPS, async (stack) => {
      const { ms } = await measureTime(() => stack.expectSuccess("up"));
      await stack.expectSuccess("down", "PURGE=1");
      return ms;
    });
    const added = ups.on!.map((ms, run) => ms - ups.off![run]!);
    await stacks.on.expectSuccess("up");
    await stacks.on.expectSuccess("smoke");
    await sleep(SETTLE_MS);
    return [
      {
        what: "added to make up, empty data",
        goal: "≤ 2 s",
        measured: medianAndRange(added, formatSeconds),
        baseline: `without: ${medianAndRange(ups.off!, formatSeconds)}`,
      },
      await measureMemory(stacks.on),
      await measureArrival("line of a service → found by a query", () => requestLine(stacks.on)),
      await measureArrival("span ended → seen on the page", () => endSpan(stacks.on)),
      ...(await benchmarkIngest(stacks.on)),
    ];
  } finally {
    await stacks.on.destroy();
    await stacks.off.destroy();
  }
}

async function measureMemory(stack: Stack): Promise<BenchmarkRow> {
  const parts = (await status(stack.directory)).flatMap(({ name, pid }) =>
    pid !== undefined && PROCESSES.includes(name) ? [{ name, ...readProcessMemory(pid) }] : [],
  );
  const sum = (kind: "resident" | "proportional") => Math.round(parts.reduce((total, part) => total + part[kind], 0));
  return {
    what: `resident after smoke (${parts.map(({ name, resident }) => `${name} ${Math.round(resident)}`).join(", ")})`,
    goal: "≤ 150 MiB",
    measured: `${sum("resident")} MiB; ${sum("proportional")} MiB with shared pages counted once`,
  };
}

/** @param begin makes something happen, and returns whether it is seen */
async function measureArrival(what: string, begin: () => Promise<() => Promise<boolean>>): Promise<BenchmarkRow> {
  const times: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    const isSeen = await begin();
    const begun = performance.now();
    while (!(await isSeen())) {
      if (performance.now() - begun > ARRIVAL_MS) throw new Error(`${what}: nothing after ${ARRIVAL_MS / 1000} s`);
      await sleep(10);
    }
    times.push(performance.now() - begun);
  }
  const ms = (value: number) => `${Math.round(value)} ms`;
  return { what, goal: "≤ 1 s", measured: `${ms(median(times))}, at most ${ms(Math.max(...times))}` };
}

async function requestLine({ ports }: Stack): Promise<() => Promise<boolean>> {
  const mark = randomBytes(8).toString("hex");
  await fetch(`http://localhost:${ports.highload}/api/v1/users/1`, { headers: { "x-correlation-id": mark } });
  const query = encodeURIComponent(`_time:5m correlation_id:="${mark}"`);
  return async () => {
    const found = await fetch(`http://localhost:${ports.logs}/select/logsql/query?query=${query}`, {
      headers: { AccountID: "10001" },
    });
    return (await found.text()).trim() !== "";
  };
}

async function endSpan({ ports }: Stack): Promise<() => Promise<boolean>> {
  const traceId = randomBytes(16).toString("hex");
  const now = String(BigInt(Date.now()) * 1_000_000n);
  const span = { traceId, spanId: randomBytes(8).toString("hex"), name: "bench", kind: 1 };
  const spans = [{ ...span, startTimeUnixNano: now, endTimeUnixNano: now }];
  await fetch(`http://localhost:${ports.otlp}/v1/traces`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans }] }] }),
  });
  return async () => {
    const answer = await fetch(`http://localhost:${ports.page}/api/traces/${traceId}`);
    if (!answer.ok) return false;
    return (await answer.text()).includes(`"${span.spanId}"`);
  };
}
