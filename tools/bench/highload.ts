import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/runtime/locations.ts";
import { entryOf } from "@plinth/schemas/catalog.ts";
import { parseDescriptor } from "../../components/descriptor.ts";
import { type Platform, platform } from "../../tests/services/platform.ts";
import { stopServers } from "../../tests/support/servers.ts";
import { makeTopics } from "../../tests/support/topics.ts";
import { memoryOf } from "../memory.ts";
import { run } from "../parts/run.ts";
import { wrk } from "../parts/wrk.ts";
import { freePort } from "../ports.ts";
import { setup } from "../setup.ts";
import { loadEvents } from "./highload-events.ts";
import { load, type Pinned, startPinned } from "./pinned.ts";
import { type Row, seconds, spread } from "./row.ts";

/** Odd, so that the median is a run that took place. */
const RUNS = Number(process.env.RUNS ?? 7);
const SECONDS = 5;
const USERS = 1000;
/** A service in Go with the same routes, cache and events; where it is not, our figures stand alone. */
const YARDSTICK = process.env.YARDSTICK ?? join(root, "../shared/bench/go-highload");

/** A service under measurement, and the schema and table that its events are in. */
export interface Subject extends Pinned {
  events: string;
}

/** The high-load service on real servers, beside its yardstick in Go: in turns, each alone on core 0, the load on core 1. */
export async function highloadBench(): Promise<Row[]> {
  await setup([wrk]);
  const folder = mkdtempSync(join(tmpdir(), "plinth-bench-"));
  const running: Pinned[] = [];
  try {
    const at = await platform();
    const own = { ...(await startOwn(at)), events: "highload.events" };
    running.push(own);
    const yardstick = await startYardstick(at, folder);
    if (yardstick) running.push(yardstick);
    return [
      ...(await readRows(folder, own, yardstick)),
      ...(await eventRows(folder, at, own, yardstick)),
      ...(await startRows(folder, at)),
    ];
  } finally {
    for (const service of running) await service.stop();
    await stopServers();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param program @default the service's sources, as in the local stack */
async function startOwn(at: Platform, program?: string): Promise<Pinned> {
  const { command, probes } = parseDescriptor("plinth.json", readFileSync(join(root, "services/highload/plinth.json"), "utf8"));
  if (program !== undefined) command.splice(-1, 1, program);
  const port = await freePort();
  const environment = { ...at.environment(), PORT: String(port), LOG_LEVEL: "info" };
  return startPinned([process.execPath, ...command.slice(1)], environment, port, probes.ready);
}

async function startYardstick(at: Platform, folder: string): Promise<Subject | undefined> {
  if (!existsSync(YARDSTICK)) {
    console.error(`  no yardstick at ${YARDSTICK}: the high-load service is measured without a comparison`);
    return undefined;
  }
  const program = join(folder, "go-highload");
  await run("go", ["build", "-C", YARDSTICK, "-o", program, "."], { seconds: 600 });
  const port = await freePort();
  // Brokers of the platform make no topic by themselves.
  const admin = at.client.admin();
  await makeTopics(admin, [{ topic: "go-user-events", numPartitions: entryOf("user-events").partitions }]);
  await admin.disconnect();
  const { DATABASE_URL = "", REDIS_URL = "", KAFKA_BROKERS = "" } = at.environment();
  const started = await startPinned([program], { DATABASE_URL, REDIS_URL, KAFKA_BROKERS, SERVER_PORT: String(port) }, port, "/health");
  return { ...started, events: "go_events" };
}

async function readRows(folder: string, own: Pinned, yardstick: Pinned | undefined): Promise<Row[]> {
  const scripts = new Map<Pinned, string>();
  for (const service of yardstick ? [own, yardstick] : [own]) scripts.set(service, await readScript(folder, service));
  const row = await compare(own, yardstick, (service) => load(service, scripts.get(service)!, SECONDS));
  const what = `GET a user, cached, ${USERS.toLocaleString("en")} users`;
  return [
    row(`${what}: requests/s`, "≥ 1.1×", ({ requestsPerSecond }) => requestsPerSecond, ""),
    row(`${what}: CPU a request`, "printed", ({ cpuMicroseconds }) => cpuMicroseconds, " µs"),
    row(`${what}: P99`, "≤ 1.0×", ({ p99Ms }) => p99Ms, " ms"),
  ];
}

/** Measures both in turns, and gives what makes a line of the table of one figure. */
async function compare<S, T>(own: S, yardstick: S | undefined, measure: (service: S) => Promise<T>) {
  const results = new Map<S, T[]>((yardstick ? [own, yardstick] : [own]).map((service) => [service, []]));
  for (let turn = -1; turn < RUNS; turn++) {
    for (const [service, measured] of results) {
      const result = await measure(service);
      // The first turn fills the cache and warms both up.
      if (turn >= 0) measured.push(result);
    }
  }
  const [ours, theirs] = [results.get(own)!, yardstick && results.get(yardstick)!];
  return (what: string, goal: string, pick: (one: T) => number, unit: string): Row => {
    const figure = (value: number) => `${format(value)}${unit}`;
    return {
      what,
      goal,
      measured: `${spread(ours.map(pick), figure)}${ratio(ours, theirs, pick)}`,
      ...(theirs && { baseline: `Go: ${spread(theirs.map(pick), figure)}` }),
    };
  };
}

/** Creates users and writes what has wrk ask for one after the other. */
export async function readScript(folder: string, { base, pid }: Pinned): Promise<string> {
  const paths: string[] = [];
  for (let index = 0; index < USERS; index++) {
    const body = { email: `reader-${pid}-${index}@example.com`, first_name: "John", last_name: "Doe" };
    const response = await fetch(`${base}/api/v1/users`, { method: "POST", headers: JSON_TYPE, body: JSON.stringify(body) });
    if (response.status !== 201) throw new Error(`POST ${base}/api/v1/users answered ${response.status}: ${await response.text()}`);
    paths.push(`/api/v1/users/${((await response.json()) as { id: string }).id}`);
  }
  return writeScript(
    folder,
    `read-${pid}`,
    paths.map((path) => `wrk.format("GET", "${path}")`),
  );
}

async function eventRows(folder: string, at: Platform, own: Subject, yardstick: Subject | undefined): Promise<Row[]> {
  const bodies = Array.from({ length: 200 }, () => ({ user_id: crypto.randomUUID(), type: "user_action", data: '{"action":"login"}' }));
  const requests = bodies.map(
    (body) => `wrk.format("POST", "/api/v1/events", { ["Content-Type"] = "application/json" }, [[${JSON.stringify(body)}]])`,
  );
  const script = writeScript(folder, "events", requests);
  const row = await compare(own, yardstick, (service) => loadEvents(at, service, script, SECONDS));
  return [
    row("POST an event: through the broker to the worker's row, events/s", "≥ 0.8×", ({ processedPerSecond }) => processedPerSecond, ""),
    row("POST an event: CPU an event, worker included", "printed", ({ cpuMicroseconds }) => cpuMicroseconds, " µs"),
    row("POST an event: P99 of the answer", "printed", ({ p99Ms }) => p99Ms, " ms"),
  ];
}

/** From the start of the process, as its image has it, until `/ready`; and what it holds then, and after load. */
async function startRows(scripts: string, at: Platform): Promise<Row[]> {
  const folder = join(root, ".plinth", "bundle", "highload");
  await run(process.execPath, ["services/bundle.ts", "highload", folder], { cwd: root, seconds: 60 });
  const times: number[] = [];
  const resident: number[] = [];
  const loaded: number[] = [];
  for (let turn = 0; turn < RUNS; turn++) {
    const service = await startOwn(at, join(folder, "main.js"));
    times.push(service.readyMs);
    resident.push(memoryOf(service.pid).resident);
    if (turn === RUNS - 1) {
      await load(service, await readScript(scripts, service), SECONDS);
      loaded.push(memoryOf(service.pid).resident);
    }
    await service.stop();
  }
  const megabytes = (mib: number) => `${((mib * 1024 * 1024) / 1e6).toFixed(0)} MB`;
  return [
    { what: "highload: start to ready", goal: "≤ 0.5 s", measured: spread(times, seconds) },
    { what: "highload: resident when ready", goal: "≤ 80 MB", measured: spread(resident, megabytes) },
    { what: "highload: resident after load", goal: "printed", measured: spread(loaded, megabytes) },
  ];
}

const JSON_TYPE = { "content-type": "application/json" };

/** One request after the other, round and round. */
function writeScript(folder: string, name: string, requests: string[]): string {
  const file = join(folder, `${name}.lua`);
  writeFileSync(
    file,
    `local requests, next = {}, 0
init = function() requests = { ${requests.join(",\n")} } end
request = function() next = next % #requests + 1; return requests[next] end
`,
  );
  return file;
}

function format(value: number): string {
  return value >= 100 ? Math.round(value).toLocaleString("en") : value.toFixed(1);
}

/** Median of the ratios of runs that followed each other: the machine's mood is the same for both. */
function ratio<T>(ours: T[], theirs: T[] | undefined, pick: (one: T) => number): string {
  if (!theirs) return "";
  const ratios = ours.map((one, index) => pick(one) / pick(theirs[index]!));
  return `, ${spread(ratios, (value) => `${value.toFixed(2)}×`)}`;
}
