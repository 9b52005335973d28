import { execFile } from "node:child_process";
import { rmSync } from "node:fs";
import { promisify } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { kafkaTool } from "../../../tests/support/servers/kafka-tools.ts";
import { kafka, stopServers } from "../../../tests/support/servers/servers.ts";
import { makeTopics } from "../../../tests/support/servers/topics.ts";
import { measureInTurns } from "../in-turns.ts";
import type { BenchmarkRow } from "../row.ts";
import { median, medianAndRange } from "../statistics.ts";
import { bundleClient, createBundleFolder } from "./client-bundle.ts";
import type { ClientFigures, Scenario } from "./client-process.ts";

const RUNS = 3;
const PARTITIONS = 4;
const RECORDS: Record<Scenario, number> = { batches: 100_000, singles: 10_000, consume: 100_000, rest: 0 };
const VALUE_BYTES = 200;

/** As in a service's descriptor. */
const NODE_FLAGS = ["--max-semi-space-size=4", "--v8-pool-size=0", "--expose-gc"];

/**
 * Compares Kafka clients for Node with each other and with Kafka's own producer, on one broker.
 * Each runs inside a service's bundle.
 */
export async function benchmarkKafka(): Promise<BenchmarkRow[]> {
  const folder = createBundleFolder();
  try {
    const broker = await kafka();
    await createTopics(broker.url, ["bench", "bench-consumed"]);
    const names = ["kafkajs", "platformatic", "kit", ...(await optionalClients())];
    const programs: Record<string, string> = {};
    for (const name of ["none", ...names]) programs[name] = await bundleClient(name, folder);
    const { none, ...clients } = programs as { none: string; kit: string; platformatic: string };
    const rows: BenchmarkRow[] = [];
    await runClient(clients.platformatic, "batches", broker.url, "bench-consumed");
    for (const scenario of ["batches", "singles", "consume", "rest"] as const) {
      const topic = scenario === "consume" ? "bench-consumed" : "bench";
      const subjects = scenario === "rest" ? { none, ...clients } : clients;
      const run = (program: string) => runClient(program, scenario, broker.url, topic);
      const figures = await measureInTurns(subjects, RUNS, run, 0);
      for (const [name, runs] of Object.entries(figures))
        rows.push(scenario === "rest" ? idleRow(name, runs) : throughputRow(name, scenario, runs));
    }
    rows.push(...(await compareWithPerfTest(broker.url, clients.kit)));
    return rows;
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await stopServers();
  }
}

async function optionalClients(): Promise<string[]> {
  return import("kafka-crab-js" as string).then(
    () => ["crab"],
    () => [],
  );
}

async function runClient(program: string, scenario: Scenario, broker: string, topic: string): Promise<ClientFigures> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [...NODE_FLAGS, program, scenario, broker, topic, String(RECORDS[scenario])],
    { timeout: 120_000, env: { ...process.env, NODE_NO_WARNINGS: "1" } },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as ClientFigures;
}

function throughputRow(name: string, scenario: Scenario, runs: ClientFigures[]): BenchmarkRow {
  const what = {
    batches: "acks=all, batches of 100",
    singles: "acks=all, single sends, 64 at a time",
    consume: "consumed in a group",
  }[scenario as Exclude<Scenario, "rest">];
  const perSecond = runs.map(({ records, ms }) => (records / ms) * 1000);
  const cpu = runs.map(({ records, cpuMs }) => (cpuMs / records) * 1000);
  const measured = [
    medianAndRange(perSecond, formatThousands),
    `${medianAndRange(cpu, (us) => us.toFixed(1))} µs CPU a record`,
    `${formatResident(runs)} MiB resident`,
  ];
  return { what: `${name}: records/s, ${what}`, goal: "printed", measured: measured.join(", ") };
}

function idleRow(name: string, runs: ClientFigures[]): BenchmarkRow {
  const start = medianAndRange(
    runs.map(({ startMs }) => startMs),
    (ms) => ms.toFixed(0),
  );
  return {
    what: `${name}: a service with a connected producer at rest`,
    goal: "printed",
    measured: `${formatResident(runs)} MiB resident, started in ${start} ms`,
  };
}

function formatResident(runs: ClientFigures[]): string {
  return medianAndRange(
    runs.map(({ residentMiB }) => residentMiB),
    (mib) => mib.toFixed(0),
  );
}

/** Compares the kit's bus with `kafka-producer-perf-test` at its default settings and acks=all. */
async function compareWithPerfTest(broker: string, kitProgram: string): Promise<BenchmarkRow[]> {
  const producers = { theirs: () => runPerfTest(broker), ours: () => runKitProducer(broker, kitProgram) };
  const figures = await measureInTurns(producers, RUNS, (produce) => produce(), 0);
  const [theirs, ours] = [figures.theirs!, figures.ours!];
  const ratio = median(ours) / median(theirs);
  return [
    {
      what: "the kit's bus against kafka-producer-perf-test: records/s, acks=all",
      goal: "≥ 0.5×",
      measured: `${ratio.toFixed(1)}×: ${medianAndRange(ours, formatThousands)}`,
      baseline: medianAndRange(theirs, formatThousands),
    },
  ];
}

/** Records a second of Kafka's own producer. */
async function runPerfTest(broker: string): Promise<number> {
  const stdout = await kafkaTool("ProducerPerformance", [
    ...["--topic", "bench", "--num-records", String(RECORDS.batches), "--record-size", String(VALUE_BYTES)],
    ...["--throughput", "-1", "--producer-props", `bootstrap.servers=${broker}`, "acks=all"],
  ]);
  return Number(/([\d.]+) records\/sec/.exec(stdout.trim().split("\n").at(-1)!)![1]);
}

async function runKitProducer(broker: string, kitProgram: string): Promise<number> {
  const { records, ms } = await runClient(kitProgram, "batches", broker, "bench");
  return (records / ms) * 1000;
}

async function createTopics(broker: string, topics: string[]): Promise<void> {
  const admin = new Kafka({ clientId: "bench", brokers: [broker], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  await makeTopics(
    admin,
    topics.map((topic) => ({ topic, numPartitions: PARTITIONS })),
  );
  await admin.disconnect();
}

function formatThousands(value: number): string {
  return `${(value / 1000).toFixed(1)}k`;
}
