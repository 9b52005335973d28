import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { root } from "@plinth/runtime/locations.ts";
import { otlpReceiver } from "../../tests/services/kit/otlp-receiver.ts";
import { type Platform, platform } from "../../tests/services/platform.ts";
import { stopServers } from "../../tests/support/servers.ts";
import { wrk } from "../parts/wrk.ts";
import { freePort } from "../ports.ts";
import { setup } from "../setup.ts";
import { readScript } from "./highload.ts";
import { type Load, load, type Pinned, startPinned } from "./pinned.ts";
import { type Row, spread } from "./row.ts";

/** Odd, so that the median is a run that took place. */
const RUNS = Number(process.env.RUNS ?? 7);
const SECONDS = 5;
const RATIO = "0.01";

/** What metrics, logs and traces (1 % recorded and exported) add to the cheapest request there is: a user from the cache. In turns, on and off. */
export async function telemetryBench(): Promise<Row[]> {
  return [...(await requestRows()), ...(await lineRows())];
}

async function requestRows(): Promise<Row[]> {
  await setup([wrk]);
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const receiver = await otlpReceiver();
  const running: Pinned[] = [];
  try {
    const at = await platform();
    const measured: { service: Pinned; script: string; loads: Load[] }[] = [];
    for (const mode of ["on", "off"]) {
      const service = await start(at, mode, receiver.endpoint);
      running.push(service);
      measured.push({ service, script: await readScript(folder, service), loads: [] });
    }
    for (let turn = -1; turn < RUNS; turn++) {
      for (const { service, script, loads } of measured) {
        const result = await load(service, script, SECONDS);
        // The first turn fills the cache and warms both up.
        if (turn >= 0) loads.push(result);
      }
    }
    if (receiver.spans.length === 0) throw new Error("No trace arrived at the receiver: telemetry was not on");
    const [on, off] = measured.map(({ loads }) => loads) as [Load[], Load[]];
    return [
      row(
        "CPU a request",
        "≤ 5 % more",
        on,
        off,
        ({ cpuMicroseconds }) => cpuMicroseconds,
        (value) => `${value.toFixed(1)} µs`,
      ),
      row(
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

const WAYS = {
  each: "written one by one (pino's default)",
  background: "8 KiB at a time by another thread (pino, sync: false)",
  together: "16 KiB at a time (the kit)",
  request: "16 KiB at a time, the line of a request (the kit)",
};

/** CPU time of a log line into a pipe, by ways of writing it; each in a process of its own, in turns. */
async function lineRows(): Promise<Row[]> {
  const costs = new Map<string, number[]>(Object.keys(WAYS).map((way) => [way, []]));
  for (let turn = 0; turn < RUNS; turn++) {
    for (const [way, measured] of costs) measured.push(await lineCost(way));
  }
  return Object.entries(WAYS).map(([way, how]) => ({
    what: `log line, CPU: ${how}`,
    goal: "printed",
    measured: spread(costs.get(way)!, (value) => `${value.toFixed(2)} µs`),
  }));
}

async function lineCost(way: string): Promise<number> {
  const child = spawn(process.execPath, [join(root, "tools/bench/log-lines.ts"), way], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.resume();
  const said = await text(child.stderr);
  if (!(Number(said) > 0)) throw new Error(`Lines could not be measured (${way}): ${said}`);
  return Number(said);
}

async function start(at: Platform, mode: string, endpoint: string): Promise<Pinned> {
  const port = await freePort();
  const environment = { ...at.environment(), PORT: String(port), OTEL_EXPORTER_OTLP_ENDPOINT: endpoint, OTEL_TRACES_SAMPLER_ARG: RATIO };
  return startPinned([process.execPath, join(root, "tools/bench/telemetry-service.ts"), mode], environment, port, "/ready");
}

/** With the median of the differences between runs that followed each other: the machine's mood is the same for both. */
function row(what: string, goal: string, on: Load[], off: Load[], pick: (one: Load) => number, format: (value: number) => string): Row {
  const differences = on.map((one, index) => pick(one) / pick(off[index]!) - 1);
  const percent = (value: number) => `${value < 0 ? "−" : "+"}${Math.abs(value * 100).toFixed(1)} %`;
  return {
    what: `GET a user, cached, telemetry on: ${what}`,
    goal,
    measured: `${spread(on.map(pick), format)}, ${spread(differences, percent)}`,
    baseline: `off: ${spread(off.map(pick), format)}`,
  };
}
