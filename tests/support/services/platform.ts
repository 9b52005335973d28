import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { listMigrations } from "@plinth/migrations/sql/migration-files.ts";
import { applyMigrations } from "@plinth/providers/handlers/migrations/apply.ts";
import { topicEnvironment, topicSpecs } from "@plinth/schemas/catalog.ts";
import { listPublishedSchemas } from "@plinth/schemas/folder.ts";
import { Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { type Broker, kafka, once, postgres, redis, registry, type Server } from "../servers/servers.ts";
import { makeTopics } from "../servers/topics.ts";

export const TENANT = 10_001;
export const OTHER_TENANT = 10_002;

/** A platform for services: servers, tenants, tables, topics and schemas. */
export interface Platform {
  database: Server;
  broker: Broker;
  cache: Server;
  registry: Server;
  /** Variables of a silent service on a free port. */
  environment(): Record<string, string>;
  /**
   * Connects as the owner of the tables, whom row-level security restricts, too. Unqualified names
   * are the wallet's.
   */
  sql: pg.Pool;
  client: Kafka;
}

/** The platform of this process; a new one after `stopServers`. */
export const platform: () => Promise<Platform> = once(startPlatform);

/** Rows of both tenants in a table. Not for the outbox, which the relay empties. */
export async function countRows({ sql }: Platform, table: string): Promise<number> {
  let count = 0;
  for (const tenant of [TENANT, OTHER_TENANT]) {
    const text = `begin; set local app.tenant_id = '${tenant}'; select count(*) from ${table}; commit`;
    const results = (await sql.query(text)) as unknown as { rows: { count: string }[] }[];
    count += Number(results[2]?.rows[0]?.count);
  }
  return count;
}

async function startPlatform(): Promise<Platform> {
  const [database, broker, cache] = await Promise.all([postgres(), kafka(), redis()]);
  const schemaRegistry = await registry();
  const sql = new pg.Pool({ connectionString: database.url, max: 4, options: "-c search_path=wallet,public" });
  // Tests kill the server of this pool.
  sql.on("error", () => undefined);
  const client = new Kafka({ clientId: "tests", brokers: [broker.url], logLevel: logLevel.NOTHING });
  await Promise.all([createTables(database.url), createTopics(client), registerSchemas(schemaRegistry.url)]);
  return {
    database,
    broker,
    cache,
    registry: schemaRegistry,
    sql,
    client,
    environment: () => ({
      DATABASE_URL: database.url,
      REDIS_URL: cache.url,
      KAFKA_BROKERS: broker.url,
      SCHEMA_REGISTRY_URL: schemaRegistry.url,
      PORT: "0",
      LOG_LEVEL: "silent",
      ...topicEnvironment(),
    }),
  };
}

/**
 * Creates what the tenants' and the migrations' providers create: tenants, and each service's
 * schema.
 */
async function createTables(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(`
      create table tenants (id bigint primary key, created_at timestamptz not null default now());
      insert into tenants (id) values (${TENANT}), (${OTHER_TENANT});
    `);
    for (const { name: service, migrations: directory } of discoverServices(root)) {
      if (directory === undefined) continue;
      const files = listMigrations(join(root, directory));
      await applyMigrations(client, { databaseUrl: url, service, directory, files, providerVersion: 1 });
    }
  } finally {
    await client.end();
  }
}

async function createTopics(client: Kafka): Promise<void> {
  const admin = client.admin();
  await admin.connect();
  await makeTopics(
    admin,
    topicSpecs().map(({ topic, partitions }) => ({ topic, numPartitions: partitions })),
  );
  await admin.disconnect();
}

async function registerSchemas(url: string): Promise<void> {
  for (const { subject, text } of listPublishedSchemas()) {
    const response = await fetch(`${url}/subjects/${subject}/versions`, {
      method: "POST",
      headers: { "content-type": "application/vnd.schemaregistry.v1+json" },
      body: JSON.stringify({ schema: text }),
    });
    if (!response.ok) throw new Error(`${subject}: ${response.status} ${await response.text()}`);
  }
}
