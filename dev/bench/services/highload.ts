import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { findCatalogEntry } from "@plinth/schemas/catalog.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { wrkTool } from "@plinth/toolchain/programs/wrk.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { readProcessMemory } from "../../../cli/stack/process-memory.ts";
import { parseDescriptor } from "../../../components/service/descriptor.ts";
import { stopServers } from "../../../tests/support/servers/servers.ts";
import { makeTopics } from "../../../tests/support/servers/topics.ts";
import { type Platform, platform } from "../../../tests/support/services/platform.ts";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds, medianAndRange } from "../statistics.ts";
import type { BenchmarkedService } from "./benchmarked-service.ts";
import { loadEvents } from "./highload-events.ts";
import { type PinnedProcess, startPinnedProcess } from "./pinned-process.ts";
import { runWrk } from "./wrk.ts";
import { createEventScript, createReadScript, USERS } from "./wrk-script.ts";

/** Odd: the median is then a run that took place. */
const RUNS = Number(process.env.RUNS ?? 7);
const SECONDS = 5;
/** A Go service with the same routes, cache and events; without it there is no comparison. */
const GO_BASELINE = process.env.YARDSTICK ?? join(root, "../shared/bench/go-highload");

/** Compares the high-load service on real servers with its yardstick in Go, in turns. */
export async function benchmarkHighload(): Promise<BenchmarkRow[]> {
  await installMissing([wrkTool]);
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const running: PinnedProcess[] = [];
  try {
    const at = await platform();
    const own = { ...(await startHighload(at)), eventsTable: "highload.events" };
    running.push(own);
    const yardstick = await startGoBaseline(at, folder);
    if (yardstick) running.push(yardstick);
    return [
      ...(await measureReads(folder, own, yardstick)),
      ...(await measureEvents(folder, at, own, yardstick)),
      ...(await measureStarts(folder, at)),
    ];
  } finally {
    for (const service of running) await service.stop();
    await stopServers();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param program @default the service's sources, as in the local stack */
async function startHighload(at: Platform, program?: string): Promise<PinnedProcess> {
  const { command, probes } = parseDescriptor(
    "plinth.json",
    readFileSync(join(root, "services/highload/plinth.json"), "utf8"),
  );
  if (program !== undefined) command.splice(-1, 1, program);
  const port = await findFreePort();
  const environment = { ...at.environment(), PORT: String(port), LOG_LEVEL: "info" };
  return startPinnedProcess([process.execPath, ...command.slice(1)], environment, port, probes.ready);
}

async function startGoBaseline(at: Platform, folder: string): Promise<BenchmarkedService | undefined> {
  if (!existsSync(GO_BASELINE)) {
    console.error(`  no yardstick at ${GO_BASELINE}: the high-load service is measured without a comparison`);
    return undefined;
  }
  const program = join(folder, "go-highload");
  await runCommand("go", ["build", "-C", GO_BASELINE, "-o", program, "."], { seconds: 600 });
  const port = await findFreePort();
  // The platform's brokers do not create topics automatically.
  const admin = at.client.admin();
  await makeTopics(admin, [{ topic: "go-user-events", numPartitions: findCatalogEntry("user-events").partitions }]);
  await admin.disconnect();
  const { DATABASE_URL = "", REDIS_URL = "", KAFKA_BROKERS = "" } = at.environment();
  const started = await startPinnedProcess(
    [program],
    { DATABASE_URL, REDIS_URL, KAFKA_BROKERS, SERVER_PORT: String(port) },
    port,
    "/health",
  );
  return { ...started, eventsTable: "go_events" };
}

async function measureReads(
  folder: string,
  own: PinnedProcess,
  yardstick: PinnedProcess | undefined,
): Promise<BenchmarkRow[]> {
  const scripts = new Map<PinnedProcess, string>();
  for (const service of yardstick ? [own, yardstick] : [own])
    scripts.set(service, await createReadScript(folder, service));
  const row = await compareInTurns(own, yardstick, (service) => runWrk(service, scripts.get(service)!, SECONDS));
  const what = `GET a user, cached, ${USERS.toLocaleString("en")} users`;
  return [
    row(`${what}: requests/s`, "≥ 1.1×", ({ requestsPerSecond }) => requestsPerSecond, ""),
    row(`${what}: CPU a request`, "printed", ({ cpuMicroseconds }) => cpuMicroseconds, " µs"),
    row(`${what}: P99`, "≤ 1.0×", ({ p99Ms }) => p99Ms, " ms"),
  ];
}

/** Measures both in turns, and returns a function that makes a row of one of their figures. */
async function compareInTurns<S, T>(own: S, yardstick: S | undefined, measure: (service: S) => Promise<T>) {
  const services: Record<string, S> = { own, ...(yardstick !== undefined && { yardstick }) };
  // The warm-up turn fills the cache.
  const { own: ours, yardstick: theirs } = await measureInTurns(services, RUNS, measure);
  return (what: string, goal: string, pick: (one: T) => number, unit: string): BenchmarkRow => {
    const figure = (value: number) => `${formatNumber(value)}${unit}`;
    return {
      what,
      goal,
      measured: `${medianAndRange(ours!.map(pick), figure)}${formatRatio(ours!, theirs, pick)}`,
      ...(theirs && { baseline: `Go: ${medianAndRange(theirs.map(pick), figure)}` }),
    };
  };
}

async function measureEvents(
  folder: string,
  at: Platform,
  own: BenchmarkedService,
  yardstick: BenchmarkedService | undefined,
): Promise<BenchmarkRow[]> {
  const script = createEventScript(folder);
  const row = await compareInTurns(own, yardstick, (service) => loadEvents(at, service, script, SECONDS));
  return [
    row(
      "POST an event: through the broker to the worker's row, events/s",
      "≥ 0.8×",
      ({ processedPerSecond }) => processedPerSecond,
      "",
    ),
    row("POST an event: CPU an event, worker included", "printed", ({ cpuMicroseconds }) => cpuMicroseconds, " µs"),
    row("POST an event: P99 of the answer", "printed", ({ p99Ms }) => p99Ms, " ms"),
  ];
}

/**
 * Time from the start of the bundled service until `/ready`, and its memory then and after load.
 */
async function measureStarts(scripts: string, at: Platform): Promise<BenchmarkRow[]> {
  const folder = join(root, ".plinth", "bundle", "highload");
  await runCommand(process.execPath, ["services/bundle.ts", "highload", folder], { cwd: root, seconds: 60 });
  const times: number[] = [];
  const resident: number[] = [];
  const loaded: number[] = [];
  for (let turn = 0; turn < RUNS; turn++) {
    const service = await startHighload(at, join(folder, "main.js"));
    times.push(service.readyMs);
    resident.push(readProcessMemory(service.pid).resident);
    if (turn === RUNS - 1) {
      await runWrk(service, await createReadScript(scripts, service), SECONDS);
      loaded.push(readProcessMemory(service.pid).resident);
    }
    await service.stop();
  }
  const megabytes = (mib: number) => `${((mib * 1024 * 1024) / 1e6).toFixed(0)} MB`;
  return [
    { what: "highload: start to ready", goal: "≤ 0.5 s", measured: medianAndRange(times, formatSeconds) },
    { what: "highload: resident when ready", goal: "≤ 80 MB", measured: medianAndRange(resident, megabytes) },
    { what: "highload: resident after load", goal: "printed", measured: medianAndRange(loaded, megabytes) },
  ];
}

function formatNumber(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}

/** Median of the ratios of consecutive runs, which meet the machine in the same state. */
function formatRatio<T>(ours: T[], theirs: T[] | undefined, pick: (one: T) => number): string {
  if (!theirs) return "";
  const ratios = ours.map((one, index) => pick(one) / pick(theirs[index]!));
  return `, ${medianAndRange(ratios, (value) => `${value.toFixed(2)}×`)}`;
}
