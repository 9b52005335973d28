import { Kafka, logLevel } from "kafkajs";
import pg from "pg";
import { TENANT } from "../services/platform.ts";
import { readTopic, type SeenRecord } from "../services/records.ts";
import type { Stack } from "./stack.ts";

export { TENANT };

/** Clients of a running stack. */
export class StackClients {
  readonly databaseUrl: string;
  readonly wallet: string;
  readonly registry: { url: string };
  readonly client: Kafka;

  constructor({ ports }: Stack) {
    this.databaseUrl = `postgresql://app:app@localhost:${ports.postgres}/app`;
    this.wallet = `http://localhost:${ports.wallet}`;
    this.registry = { url: `http://localhost:${ports.registry}` };
    this.client = new Kafka({ clientId: "tests", brokers: [`localhost:${ports.kafka}`], logLevel: logLevel.NOTHING });
  }

  /** Rows of the wallet of tenant 10001. */
  async rows<Row extends pg.QueryResultRow>(query: string): Promise<Row[]> {
    const connection = new pg.Client(this.databaseUrl);
    await connection.connect();
    try {
      await connection.query(`set search_path = wallet, public; set app.tenant_id = '${TENANT}'`);
      return (await connection.query<Row>(query)).rows;
    } finally {
      await connection.end();
    }
  }

  async json<Answer>(path: string): Promise<Answer> {
    const response = await fetch(`${this.registry.url}${path}`);
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  }

  /** The number of records that were ever written to a topic. */
  async recordCount(topic: string): Promise<number> {
    return this.withAdmin(async (admin) =>
      (await admin.fetchTopicOffsets(topic)).reduce((sum, { offset }) => sum + Number(offset), 0),
    );
  }

  /** Every record of a topic, decoded with the registry's schemas. */
  async records(topic: string): Promise<SeenRecord[]> {
    const written = await this.recordCount(topic);
    return written === 0 ? [] : readTopic(this, topic, (seen) => seen.length >= written);
  }

  topics(): Promise<string[]> {
    return this.withAdmin((admin) => admin.listTopics());
  }

  private async withAdmin<T>(work: (admin: ReturnType<Kafka["admin"]>) => Promise<T>): Promise<T> {
    const admin = this.client.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }
}
