import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import type { Kafka } from "kafkajs";
import { waitUntil } from "../eventually.ts";

/** A record, decoded by a third-party client. */
export interface SeenRecord {
  key: string;
  headers: Record<string, string>;
  raw: Buffer;
  /** Undefined unless the record is Avro that the registry knows. */
  // biome-ignore lint/suspicious/noExplicitAny: an event of any topic
  event: any;
}

/**
 * Reads a topic from its beginning until `enough`.
 * @param decode false for dead letters, which may not be Avro
 */
export async function readTopic(
  platform: { client: Kafka; registry: { url: string } },
  topic: string,
  enough: (seen: SeenRecord[]) => boolean,
  decode = true,
): Promise<SeenRecord[]> {
  const registry = new SchemaRegistry({ host: platform.registry.url });
  const consumer = platform.client.consumer({
    groupId: `test-${topic}-${process.pid}-${Math.random()}`,
    maxWaitTimeInMs: 100,
  });
  const seen: SeenRecord[] = [];
  await consumer.connect();
  await consumer.subscribe({ topics: [topic], fromBeginning: true });
  await consumer.run({
    async eachMessage({ message }) {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, String(value)]),
      );
      const raw = message.value ?? Buffer.alloc(0);
      // Another test's poison must not hide later records.
      const event = decode ? await registry.decode(raw).catch(() => undefined) : undefined;
      seen.push({ key: String(message.key), headers, raw, event });
    },
  });
  try {
    await waitUntil(`enough records of ${topic}`, async () => enough(seen), Boolean, 20_000);
  } finally {
    await consumer.disconnect();
  }
  return seen;
}
