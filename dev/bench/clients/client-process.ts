import { setTimeout as sleep } from "node:timers/promises";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { releaseStartupMemory } from "@plinth/kit/core/memory.ts";
import { createDatabase } from "@plinth/kit/database/database.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import type { BenchmarkClient, BenchmarkRecord, CreateClient } from "./client.ts";

export interface ClientFigures {
  records: number;
  ms: number;
  /** User and system time of all threads of this process. */
  cpuMs: number;
  /** From the start of the process until its code runs. */
  startMs: number;
  residentMiB: number;
}

export type Scenario = "batches" | "singles" | "consume" | "rest";

const VALUE_BYTES = 200;
const BATCH_RECORDS = 100;
const BATCH_CONCURRENCY = 4;
const SINGLE_CONCURRENCY = 64;
const IDLE_MS = 1500;

/**
 * Measures a client inside a service's process: the kit's HTTP server, logger, metrics and database
 * pool are there, and the client is the only difference between two programs. Prints
 * {@link ClientFigures} as JSON. Arguments of the process: scenario, broker, topic, records.
 */
export async function runClientProcess(createClient: CreateClient): Promise<void> {
  const startMs = performance.now();
  const [scenario, broker, topic, records] = process.argv.slice(2) as [Scenario, string, string, string];
  await startService();
  const client = await createClient(broker, topic);
  console.log(JSON.stringify({ startMs, ...(await measure(client, scenario, Number(records))) }));
  process.exit(0);
}

async function startService(): Promise<void> {
  const logger = createLogger({ service: "bench", version: "", level: "error" });
  const metrics = createMetrics("bench", "");
  createDatabase({ url: "postgresql://127.0.0.1/none", name: "bench", logger, metrics });
  const http = await createHttpServer({ title: "Bench", description: "", version: "", logger, metrics });
  await http.ready();
  releaseStartupMemory();
  await http.listen({ host: "127.0.0.1", port: 0 });
}

async function measure(
  client: BenchmarkClient,
  scenario: Scenario,
  records: number,
): Promise<Omit<ClientFigures, "startMs">> {
  if (scenario !== "consume") await client.connect();
  if (scenario === "batches" || scenario === "singles") await produce(client, scenario, records / 10);
  if (scenario === "rest") {
    await client.send(createBatch(0, 1));
    await sleep(IDLE_MS);
  }
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  if (scenario === "consume") await client.consume(records);
  else if (scenario !== "rest") await produce(client, scenario, records);
  const ms = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  const residentMiB = process.memoryUsage.rss() / 2 ** 20;
  await client.close();
  return { records, ms, cpuMs: (user + system) / 1000, residentMiB };
}

async function produce(client: BenchmarkClient, scenario: "batches" | "singles", records: number): Promise<void> {
  const [size, concurrency] = scenario === "batches" ? [BATCH_RECORDS, BATCH_CONCURRENCY] : [1, SINGLE_CONCURRENCY];
  let sent = 0;
  const worker = async () => {
    while (sent < records) {
      sent += size;
      await client.send(createBatch(sent, size));
    }
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
}

function createBatch(from: number, size: number): BenchmarkRecord[] {
  return Array.from({ length: size }, (_, index) => ({
    key: Buffer.from(`account-${(from + index) % 1000}`),
    value: Buffer.alloc(VALUE_BYTES, 65 + (index % 26)),
    headers: { tenant_id: "10001", version: "1" },
  }));
}
