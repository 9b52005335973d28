import type { Admin } from "kafkajs";
import type { Client } from "pg";
import { createAdmin } from "../../kafka/admin.ts";
import { connectKafka } from "../../page/sources/kafka/kafka-client.ts";
import { withDeadline } from "./deadline.ts";
import { KAFKA_DOWN, readKafkaMetrics } from "./kafka-metrics.ts";
import { KeptConnection } from "./kept-connection.ts";
import { POSTGRES_DOWN, readPostgresMetrics } from "./postgres-metrics.ts";
import { readProcessMetrics } from "./process-metrics.ts";

export interface ExporterSettings {
  /** The stack's folder. */
  directory: string;
  /** `host:port`, comma-separated. */
  brokers: string;
  /** @default no metrics of the database */
  databaseUrl?: string | undefined;
}

/** What Prometheus scrapes of servers that print no metrics themselves. */
export interface Exporters {
  metrics(): Promise<string>;
  stop(): Promise<void>;
}

/** Shorter than the scrape's timeout of 4 seconds: a server that hangs hides no other's metrics. */
const DEADLINE_MS = 2500;

export function createExporters({ directory, brokers, databaseUrl }: ExporterSettings): Exporters {
  const kafka = new KeptConnection<Admin>(
    async () => {
      const admin = createAdmin(await connectKafka(brokers));
      await admin.connect();
      return admin;
    },
    (admin) => admin.disconnect(),
  );
  const database = new KeptConnection<Client>(
    () => connectDatabase(databaseUrl!),
    (client) => client.end(),
  );
  return {
    async metrics() {
      const texts = await Promise.all([
        withDeadline(readProcessMetrics(directory), DEADLINE_MS).then(
          (text) => text ?? "",
          () => "",
        ),
        kafka.use(readKafkaMetrics, DEADLINE_MS).then((text) => text ?? KAFKA_DOWN),
        databaseUrl === undefined
          ? ""
          : database.use(readPostgresMetrics, DEADLINE_MS).then((text) => text ?? POSTGRES_DOWN),
      ]);
      return texts.join("");
    },
    async stop() {
      await Promise.all([kafka.stop(), database.stop()]);
    },
  };
}

async function connectDatabase(databaseUrl: string): Promise<Client> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({
    connectionString: databaseUrl,
    application_name: "plinth-metrics",
    connectionTimeoutMillis: DEADLINE_MS,
    query_timeout: DEADLINE_MS,
  });
  // Emitted when the connection breaks; unheard, it would end the process.
  client.on("error", () => undefined);
  await client.connect();
  return client;
}
