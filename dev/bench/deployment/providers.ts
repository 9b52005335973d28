import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import type { AvroSchemasInputs } from "@plinth/providers/avro-schemas.ts";
import { withDatabase } from "@plinth/providers/clients/postgres/database.ts";
import { MAX_CONNECTIONS } from "@plinth/providers/clients/registry/agent.ts";
import { RegistryClient } from "@plinth/providers/clients/registry/client.ts";
import { createAvroSchemasHandler } from "@plinth/providers/handlers/avro-schemas.ts";
import { createKafkaTopicsHandler } from "@plinth/providers/handlers/kafka-topics.ts";
import { createTenantRowsHandler } from "@plinth/providers/handlers/tenants.ts";
import { parseTenantIds, splitIntoBatches } from "@plinth/providers/tenancy/ids.ts";
import kafkajs, { type Admin } from "kafkajs";
import pMap from "p-map";
import { kafka, postgres, registry, stopServers } from "../../../tests/support/servers/servers.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds, measureTime } from "../statistics.ts";

/** Addresses of the servers to measure on; each should be empty. */
export interface ProviderBenchmarkTargets {
  /** `host:port` of a broker. */
  broker: string;
  registryUrl: string;
  databaseUrl: string;
}

const COUNT = 1_000;
/** Baselines that take minutes are measured on this many and multiplied. */
const SAMPLE = 50;

/** The handlers as the engine calls them, on real servers. @param targets @default new servers */
export async function benchmarkProviders(targets?: ProviderBenchmarkTargets): Promise<BenchmarkRow[]> {
  if (targets) return measureProviders(targets);
  try {
    const [broker, schemas, database] = [await kafka(), await registry(), await postgres()];
    return await measureProviders({ broker: broker.url, registryUrl: schemas.url, databaseUrl: database.url });
  } finally {
    await stopServers();
  }
}

async function measureProviders({
  broker,
  registryUrl,
  databaseUrl,
}: ProviderBenchmarkTargets): Promise<BenchmarkRow[]> {
  return [
    ...(await measureTopics(broker)),
    ...(await measureSchemas(registryUrl)),
    ...(await measureTenants(databaseUrl)),
  ];
}

const numbered = <T>(prefix: string, count: number, value: (name: string) => T): Record<string, T> =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`${prefix}${index}`, value(`${prefix}${index}`)]));

async function measureTopics(broker: string): Promise<BenchmarkRow[]> {
  silenceNegativeTimeoutWarnings();
  const handler = createKafkaTopicsHandler();
  const inputs = (prefix: string, count: number) => ({
    brokers: [broker],
    topics: numbered(prefix, count, () => ({ partitions: 1 })),
    onDelete: "retain" as const,
    providerVersion: 1,
  });
  // The first request makes the broker compile its code.
  await handler.create(inputs("BENCH_WARM", SAMPLE));
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  const single = await measureTime(() => createTopicsSingly(admin));
  await admin.disconnect();
  const batch = await measureTime(() => handler.create(inputs("BENCH_SET", COUNT)));
  const again = await measureTime(() => handler.create(inputs("BENCH_SET", COUNT)));
  const each = single.ms / SAMPLE;
  const factor = Math.round((each * COUNT) / batch.ms);
  return [
    {
      what: `${COUNT} topics as one resource`,
      goal: "≤ 1 s, ≥ 100×",
      measured: `${formatSeconds(batch.ms)}, ${factor}×`,
      baseline: `one request each, ${each.toFixed(0)} ms: ${formatSeconds(each * COUNT)} (${SAMPLE} measured)`,
    },
    { what: `${COUNT} topics, unchanged, through the handler`, goal: "no write", measured: formatSeconds(again.ms) },
  ];
}

async function createTopicsSingly(admin: Admin): Promise<void> {
  for (const topic of Object.keys(numbered("BENCH_SINGLE", SAMPLE, () => 0))) {
    // Without waiting for leaders: kafkajs fails while the broker does not know the topic.
    await admin.createTopics({ topics: [{ topic, numPartitions: 1 }], waitForLeaders: false });
  }
}

async function measureSchemas(registryUrl: string): Promise<BenchmarkRow[]> {
  let writes = 0;
  const handler = createAvroSchemasHandler({
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
  const fresh = await measureTime(() => handler.create(inputs("BenchSet", COUNT)));
  const freshWrites = writes;
  const again = await measureTime(() => handler.create(inputs("BenchSet", COUNT)));
  return [
    {
      what: `${COUNT} schemas registered through the provider`,
      goal: "≤ 3 s",
      measured: `${formatSeconds(fresh.ms)}, ${freshWrites} writes`,
    },
    {
      what: `${COUNT} schemas, unchanged, through the handler`,
      goal: "≤ 1 s, 0 writes",
      measured: `${formatSeconds(again.ms)}, ${writes} writes`,
      baseline: await compareHttpClients(registryUrl),
    },
  ];
}

/** Why the registry client is Node's own HTTP client with kept connections. */
async function compareHttpClients(registryUrl: string): Promise<string> {
  const subjects = Object.keys(numbered("BenchSet", COUNT, () => 0));
  const client = new RegistryClient(registryUrl, 30_000);
  const kept = await measureTime(() =>
    pMap(subjects, (subject) => client.findLatest(subject), { concurrency: MAX_CONNECTIONS }),
  );
  client.close();
  const fetched = await measureTime(() =>
    pMap(subjects, async (subject) => (await fetch(`${registryUrl}/subjects/${subject}/versions/latest`)).json(), {
      concurrency: MAX_CONNECTIONS,
    }),
  );
  return `${COUNT} GETs: ${formatSeconds(kept.ms)} axios, ${formatSeconds(fetched.ms)} fetch`;
}

async function measureTenants(databaseUrl: string): Promise<BenchmarkRow[]> {
  const handler = createTenantRowsHandler();
  // All batches at once, as the engine runs independent resources.
  const seed = (batches: Record<string, string>) =>
    Promise.all(
      Object.entries(batches).map(([batch, tenants]) =>
        handler.create({ databaseUrl, batch, tenants, providerVersion: 1 }),
      ),
    );
  await seed(splitIntoBatches(parseTenantIds([10001])));
  const single = await measureTime(() => insertTenantsSingly(databaseUrl));
  const rows: BenchmarkRow[] = [];
  for (const [count, first, goal] of [
    [10_000, 1_000_000, "≤ 1 s"],
    [100_000, 2_000_000, "≤ 5 s"],
  ] as const) {
    const batches = splitIntoBatches(parseTenantIds([`${first}-${first + count - 1}`]));
    const fresh = await measureTime(() => seed(batches));
    const again = await measureTime(() => seed(batches));
    rows.push({
      what: `${count} tenants seeded, ${Object.keys(batches).length} resources / unchanged`,
      goal,
      measured: `${formatSeconds(fresh.ms)} / ${formatSeconds(again.ms)}`,
      baseline: `single INSERTs: ${formatSeconds((single.ms / SAMPLE) * count)} (${SAMPLE} measured)`,
    });
  }
  return rows;
}

async function insertTenantsSingly(databaseUrl: string): Promise<void> {
  await withDatabase({ url: databaseUrl }, 30_000, async (client) => {
    for (let id = 1; id <= SAMPLE; id++)
      await client.query("insert into tenants (id) values ($1) on conflict do nothing", [id]);
  });
}
