import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { Kafka, logLevel } from "kafkajs";
import { kafkaTool } from "../../../tests/support/servers/kafka-tools.ts";
import { kafka, stopServers } from "../../../tests/support/servers/servers.ts";
import { makeTopics } from "../../../tests/support/servers/topics.ts";
import { type BenchmarkRow, median, medianAndRange } from "../row.ts";
import type { ClientFigures, Scenario } from "./kafka-client.ts";

const RUNS = 3;
const PARTITIONS = 4;
const RECORDS: Record<Scenario, number> = { batches: 100_000, singles: 10_000, consume: 100_000, rest: 0 };
const VALUE_BYTES = 200;

/**
 * Kafka clients for Node against each other and against Kafka's own producer, on one broker; runs
 * take turns.
 */
export async function benchmarkKafka(): Promise<BenchmarkRow[]> {
  try {
    const broker = await kafka();
    await createTopics(broker.url, ["bench", "bench-consumed"]);
    const names = ["kafkajs", "platformatic", "kit", ...(await optionalClients())];
    const rows: BenchmarkRow[] = [];
    await runClient("platformatic", "batches", broker.url, "bench-consumed");
    for (const work of ["batches", "singles", "consume", "rest"] as const) {
      const figures = new Map<string, ClientFigures[]>(names.map((name) => [name, []]));
      for (let turn = 0; turn < RUNS; turn++) {
        for (const name of names)
          figures
            .get(name)!
            .push(await runClient(name, work, broker.url, work === "consume" ? "bench-consumed" : "bench"));
      }
      for (const [name, runs] of figures)
        rows.push(...(work === "rest" ? idleRows(name, runs) : [throughputRow(name, work, runs)]));
    }
    rows.push(...(await compareWithPerfTest(broker.url)));
    return rows;
  } finally {
    await stopServers();
  }
}

async function optionalClients(): Promise<string[]> {
  return import("kafka-crab-js" as string).then(
    () => ["crab"],
    () => [],
  );
}

async function runClient(name: string, work: Scenario, broker: string, topic: string): Promise<ClientFigures> {
  const program = join(import.meta.dirname, "kafka-client.ts");
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [program, name, work, broker, topic, String(RECORDS[work])],
    {
      timeout: 120_000,
      env: { ...process.env, NODE_NO_WARNINGS: "1" },
    },
  );
  return JSON.parse(stdout.trim().split("\n").at(-1)!) as ClientFigures;
}

function throughputRow(name: string, work: Scenario, runs: ClientFigures[]): BenchmarkRow {
  const what = {
    batches: "acks=all, batches of 100",
    singles: "acks=all, single sends, 64 at a time",
    consume: "consumed in a group",
  }[work as Exclude<Scenario, "rest">];
  const perSecond = runs.map(({ records, ms }) => (records / ms) * 1000);
  const cpu = runs.map(({ records, cpuMs }) => (cpuMs / records) * 1000);
  return {
    what: `${name}: records/s, ${what}`,
    goal: "printed",
    measured: `${medianAndRange(perSecond, formatThousands)}, ${medianAndRange(cpu, (us) => us.toFixed(1))} µs CPU a record`,
  };
}

function idleRows(name: string, runs: ClientFigures[]): BenchmarkRow[] {
  const resident = medianAndRange(
    runs.map(({ residentMiB }) => residentMiB),
    (mib) => mib.toFixed(0),
  );
  const load = medianAndRange(
    runs.map(({ loadMs }) => loadMs),
    (ms) => ms.toFixed(0),
  );
  return [
    {
      what: `${name}: Node with a connected producer at rest`,
      goal: "printed",
      measured: `${resident} MiB resident, loaded in ${load} ms`,
    },
  ];
}

/**
 * Kafka's own producer, `kafka-producer-perf-test`, with its default settings and acks=all, in
 * turns with the kit's bus.
 */
async function compareWithPerfTest(broker: string): Promise<BenchmarkRow[]> {
  const [theirs, ours] = [[] as number[], [] as number[]];
  for (let turn = 0; turn < RUNS; turn++) {
    const args = [
      "--topic",
      "bench",
      "--num-records",
      String(RECORDS.batches),
      "--record-size",
      String(VALUE_BYTES),
      "--throughput",
      "-1",
    ];
    const props = ["--producer-props", `bootstrap.servers=${broker}`, "acks=all"];
    const stdout = await kafkaTool("ProducerPerformance", [...args, ...props]);
    theirs.push(Number(/([\d.]+) records\/sec/.exec(stdout.trim().split("\n").at(-1)!)![1]));
    const { records, ms } = await runClient("kit", "batches", broker, "bench");
    ours.push((records / ms) * 1000);
  }
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

if (import.meta.main)
  for (const { what, measured, baseline } of await benchmarkKafka())
    console.log(`${what}  ${measured}  ${baseline ?? ""}`);
