import { silenceNegativeTimeouts } from "@plinth/runtime/negative-timeouts.ts";
import kafkajs, { type Admin } from "kafkajs";
import type { AvroSchemasInputs } from "../../components/providers/avro-schemas.ts";
import { avroSchemas } from "../../components/providers/handlers/avro-schemas.ts";
import { withDatabase } from "../../components/providers/handlers/database.ts";
import { eachOf } from "../../components/providers/handlers/faults.ts";
import { kafkaTopics } from "../../components/providers/handlers/kafka-topics.ts";
import { CONNECTIONS } from "../../components/providers/handlers/registry-agent.ts";
import { RegistryClient } from "../../components/providers/handlers/registry-client.ts";
import { tenantsHandler } from "../../components/providers/handlers/tenants.ts";
import { parseTenantIds, tenantBatches } from "../../components/providers/tenant-ids.ts";
import { kafka, postgres, registry, stopServers } from "../../tests/support/servers.ts";
import { type Row, seconds, timed } from "./row.ts";

/** Addresses of the servers to measure on; each should be empty. */
export interface ProviderBenchTargets {
  /** `host:port` of a broker. */
  broker: string;
  registryUrl: string;
  databaseUrl: string;
}

const COUNT = 1_000;
/** Baselines that would take minutes are measured on so many and multiplied. */
const SAMPLE = 50;

/** The handlers as the engine calls them, on real servers: by default ones that are started and ended here. */
export async function providerBench(targets?: ProviderBenchTargets): Promise<Row[]> {
  if (targets) return measure(targets);
  try {
    const [broker, schemas, database] = [await kafka(), await registry(), await postgres()];
    return await measure({ broker: broker.url, registryUrl: schemas.url, databaseUrl: database.url });
  } finally {
    await stopServers();
  }
}

async function measure({ broker, registryUrl, databaseUrl }: ProviderBenchTargets): Promise<Row[]> {
  return [...(await topicRows(broker)), ...(await schemaRows(registryUrl)), ...(await tenantRows(databaseUrl))];
}

const numbered = <T>(prefix: string, count: number, value: (name: string) => T): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, value(`${prefix}${index}`)]));

async function topicRows(broker: string): Promise<Row[]> {
  silenceNegativeTimeouts();
  const handler = kafkaTopics();
  const inputs = (prefix: string, count: number) => ({
    brokers: [broker],
    topics: numbered(prefix, count, () => ({ partitions: 1 })),
    onDelete: "retain" as const,
    providerVersion: 1,
  });
  // The first request of a broker's life compiles what the others run.
  await handler.create(inputs("BENCH_WARM", SAMPLE));
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const single = await timed(() => oneByOne(admin));
  await admin.disconnect();
  const batch = await timed(() => handler.create(inputs("BENCH_SET", COUNT)));
  const again = await timed(() => handler.create(inputs("BENCH_SET", COUNT)));
  const each = single.ms / SAMPLE;
  const factor = Math.round((each * COUNT) / batch.ms);
  return [
    {
      what: `${COUNT} topics as one resource`,
      goal: "≤ 1 s, ≥ 100×",
      measured: `${seconds(batch.ms)}, ${factor}×`,
      baseline: `one request each, ${each.toFixed(0)} ms: ${seconds(each * COUNT)} (${SAMPLE} measured)`,
    },
    { what: `${COUNT} topics, unchanged, through the handler`, goal: "no write", measured: seconds(again.ms) },
  ];
}

async function oneByOne(admin: Admin): Promise<void> {
  for (const topic of Object.keys(numbered("BENCH_SINGLE", SAMPLE, () => 0))) {
    // Waiting for leaders as well would make them slower still, and kafkajs fails when the broker has not heard of the topic yet.
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
  }
}

async function schemaRows(registryUrl: string): Promise<Row[]> {
  let writes = 0;
  const handler = avroSchemas({
    watch: (client) => {
      writes = client.writes;
    },
  });
  const schema = (name: string) => JSON.stringify({ type: "record", name, fields: [{ name: "id", type: "string" }] });
  const inputs = (prefix: string, count: number): AvroSchemasInputs => ({
    registryUrl,
    compatibility: "BACKWARD_TRANSITIVE",
    subjects: numbered(prefix, count, (name) => ({ schema: schema(name) })),
    onDelete: "retain",
    providerVersion: 1,
  });
  await handler.create(inputs("BenchWarm", SAMPLE));
  const fresh = await timed(() => handler.create(inputs("BenchSet", COUNT)));
  const freshWrites = writes;
  const again = await timed(() => handler.create(inputs("BenchSet", COUNT)));
  return [
    { what: `${COUNT} schemas registered through the provider`, goal: "≤ 3 s", measured: `${seconds(fresh.ms)}, ${freshWrites} writes` },
    {
      what: `${COUNT} schemas, unchanged, through the handler`,
      goal: "≤ 1 s, 0 writes",
      measured: `${seconds(again.ms)}, ${writes} writes`,
      baseline: await clientBaseline(registryUrl),
    },
  ];
}

/** Why the registry client is Node's own HTTP client with kept connections. */
async function clientBaseline(registryUrl: string): Promise<string> {
  const subjects = Object.keys(numbered("BenchSet", COUNT, () => 0));
  const client = new RegistryClient(registryUrl, 30_000);
  const kept = await timed(() => eachOf(subjects, CONNECTIONS, (subject) => client.latest(subject)));
  client.close();
  const fetched = await timed(() =>
    eachOf(subjects, CONNECTIONS, async (subject) => (await fetch(`${registryUrl}/subjects/${subject}/versions/latest`)).json()),
  );
  return `${COUNT} GETs: ${seconds(kept.ms)} node:http, ${seconds(fetched.ms)} fetch`;
}

async function tenantRows(databaseUrl: string): Promise<Row[]> {
  const handler = tenantsHandler();
  // All batches at once, as the engine runs independent resources.
  const seed = (batches: Record<string, string>) =>
    Promise.all(Object.entries(batches).map(([batch, tenants]) => handler.create({ databaseUrl, batch, tenants, providerVersion: 1 })));
  await seed(tenantBatches(parseTenantIds([10001])));
  const single = await timed(() => singleInserts(databaseUrl));
  const rows: Row[] = [];
  for (const [count, first, goal] of [
    [10_000, 1_000_000, "≤ 1 s"],
    [100_000, 2_000_000, "≤ 5 s"],
  ] as const) {
    const batches = tenantBatches(parseTenantIds([`${first}-${first + count - 1}`]));
    const fresh = await timed(() => seed(batches));
    const again = await timed(() => seed(batches));
    rows.push({
      what: `${count} tenants seeded, ${Object.keys(batches).length} resources / unchanged`,
      goal,
      measured: `${seconds(fresh.ms)} / ${seconds(again.ms)}`,
      baseline: `single INSERTs: ${seconds((single.ms / SAMPLE) * count)} (${SAMPLE} measured)`,
    });
  }
  return rows;
}

async function singleInserts(databaseUrl: string): Promise<void> {
  await withDatabase({ url: databaseUrl }, 30_000, async (client) => {
    for (let id = 1; id <= SAMPLE; id++) await client.query("insert into tenants (id) values ($1) on conflict do nothing", [id]);
  });
}
