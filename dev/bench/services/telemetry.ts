import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root } from "@plinth/local/locations.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { wrkTool } from "@plinth/toolchain/programs/wrk.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { startOtlpReceiver } from "../../../tests/support/kit/otlp-receiver.ts";
import { stopServers } from "../../../tests/support/servers/servers.ts";
import { type Platform, platform } from "../../../tests/support/services/platform.ts";
import { type BenchmarkRow, medianAndRange } from "../row.ts";
import { createReadScript } from "./highload.ts";
import { type PinnedProcess, runWrk, startPinnedProcess, type WrkResult } from "./pinned-process.ts";

/** Odd, so that the median is a run that took place. */
const RUNS = Number(process.env.RUNS ?? 7);
const SECONDS = 5;
const SAMPLING_RATIO = "0.01";

/**
 * What metrics, logs and traces (1 % recorded and exported) add to the cheapest request there is: a
 * user from the cache. In turns, on and off.
 */
export async function benchmarkTelemetry(): Promise<BenchmarkRow[]> {
  return [...(await measureRequests()), ...(await measureLogLines())];
}

async function measureRequests(): Promise<BenchmarkRow[]> {
  await installMissing([wrkTool]);
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const receiver = await startOtlpReceiver();
  const running: PinnedProcess[] = [];
  try {
    const at = await platform();
    const measured: { service: PinnedProcess; script: string; loads: WrkResult[] }[] = [];
    for (const mode of ["on", "off"]) {
      const service = await startService(at, mode, receiver.endpoint);
      running.push(service);
      measured.push({ service, script: await createReadScript(folder, service), loads: [] });
    }
    for (let turn = -1; turn < RUNS; turn++) {
      for (const { service, script, loads } of measured) {
        const result = await runWrk(service, script, SECONDS);
        // The first turn fills the cache and warms both up.
        if (turn >= 0) loads.push(result);
      }
    }
    if (receiver.spans.length === 0) throw new Error("No trace arrived at the receiver: telemetry was not on");
    const [on, off] = measured.map(({ loads }) => loads) as [WrkResult[], WrkResult[]];
    return [
      comparisonRow(
        "CPU a request",
        "≤ 5 % more",
        on,
        off,
        ({ cpuMicroseconds }) => cpuMicroseconds,
        (value) => `${value.toFixed(1)} µs`,
      ),
      comparisonRow(
        "requests/s",
        "≤ 5 % fewer",
        on,
        off,
        ({ requestsPerSecond }) => requestsPerSecond,
        (value) => Math.round(value).toString(),
      ),
    ];
  } finally {
    for (const service of running) await service.stop();
    await receiver.close();
    await stopServers();
    rmSync(folder, { recursive: true, force: true });
  }
}

const LOG_WRITERS = {
  each: "written one by one (pino's default)",
  background: "8 KiB at a time by another thread (pino, sync: false)",
  together: "16 KiB at a time (the kit)",
  request: "16 KiB at a time, the line of a request (the kit)",
};

/**
 * CPU time of a log line into a pipe, by ways of writing it; each in a process of its own, in
 * turns.
 */
async function measureLogLines(): Promise<BenchmarkRow[]> {
  const costs = new Map<string, number[]>(Object.keys(LOG_WRITERS).map((way) => [way, []]));
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [way, measured] of costs) measured.push(await logLineCost(way));
  }
  return Object.entries(LOG_WRITERS).map(([way, how]) => ({
    what: `log line, CPU: ${how}`,
    goal: "printed",
    measured: medianAndRange(costs.get(way)!, (value) => `${value.toFixed(2)} µs`),
  }));
}

async function logLineCost(way: string): Promise<number> {
  const child = spawn(process.execPath, [join(root, "dev/bench/kit/log-lines-process.ts"), way], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  child.stdout.resume();
  const said = await text(child.stderr);
  if (!(Number(said) > 0)) throw new Error(`Lines could not be measured (${way}): ${said}`);
  return Number(said);
}

async function startService(at: Platform, mode: string, endpoint: string): Promise<PinnedProcess> {
  const port = await findFreePort();
  const environment = {
    ...at.environment(),
    PORT: String(port),
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER_ARG: SAMPLING_RATIO,
  };
  return startPinnedProcess(
    [process.execPath, join(root, "dev/bench/services/telemetry-service.ts"), mode],
    environment,
    port,
    "/ready",
  );
}

/**
 * With the median of the differences between runs that followed each other: the machine's mood is
 * the same for both.
 */
function comparisonRow(
  what: string,
  goal: string,
  on: WrkResult[],
  off: WrkResult[],
  pick: (one: WrkResult) => number,
  format: (value: number) => string,
): BenchmarkRow {
  const differences = on.map((one, index) => pick(one) / pick(off[index]!) - 1);
  const percent = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value * 100).toFixed(1)} %`;
  return {
    what: `GET a user, cached, telemetry on: ${what}`,
    goal,
    measured: `${medianAndRange(on.map(pick), format)}, ${medianAndRange(differences, percent)}`,
    baseline: `off: ${medianAndRange(off.map(pick), format)}`,
  };
}
