import { randomUUID } from "node:crypto";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { createSchemaRegistryClient } from "@plinth/kit/kafka/schema-registry.ts";
import { deadLetterTopic, findCatalogEntry, subjectOf, type Topic } from "@plinth/schemas/catalog.ts";
import { listPublishedSchemas } from "@plinth/schemas/folder.ts";
import avsc from "avsc";
import { Kafka, logLevel } from "kafkajs";
import type { IdsByName, Requester } from "../api/requester.ts";
import { waitUntil } from "../eventually.ts";
import type { Platform } from "./platform.ts";
import { readTopic, type SeenRecord } from "./records.ts";
import type { ServiceUnderTest } from "./service-under-test.ts";

// biome-ignore lint/suspicious/noExplicitAny: an event of any topic
type AnyEvent = any;

/** All records of a topic. */
export async function readRecords(at: Platform, topic: string): Promise<SeenRecord[]> {
  const count = await endOffset(at, topic);
  return count === 0 ? [] : readTopic(at, topic, (seen) => seen.length >= count, !topic.endsWith("_DLQ"));
}

export async function endOffset(at: Platform, topic: string): Promise<number> {
  return withAdmin(at, async (admin) => {
    const offsets = await admin.fetchTopicOffsets(topic);
    return offsets.reduce((sum, { high, low }) => sum + Number(high) - Number(low), 0);
  });
}

/** Waits until the service's groups have handled every record and its outbox is empty. */
export async function waitUntilSettled({ at, descriptor }: Pick<ServiceUnderTest, "at" | "descriptor">): Promise<void> {
  const { rows } = await at.sql.query<{ outbox: string | null }>("select to_regclass($1) as outbox", [
    `"${descriptor.name}".outbox`,
  ]);
  await withAdmin(at, (admin) =>
    waitUntil(
      `${descriptor.name} has handled every event`,
      async () => {
        const before = await countOutbox(at, rows[0]?.outbox ?? undefined);
        const lags = await Promise.all(
          Object.entries(descriptor.groups ?? {}).map(([group, topic]) => lagOf(admin, group, topic)),
        );
        // Twice: a consumer that has just handled a record may have written to the outbox.
        return (
          before === 0 && lags.every((lag) => lag === 0) && (await countOutbox(at, rows[0]?.outbox ?? undefined)) === 0
        );
      },
      Boolean,
      40_000,
    ),
  );
}

async function countOutbox({ sql }: Platform, outbox: string | undefined): Promise<number> {
  if (outbox === undefined) return 0;
  const results = (await sql.query(
    `begin; set local app.scope = 'system'; select count(*) from ${outbox}; commit`,
  )) as unknown as {
    rows: { count: string }[];
  }[];
  return Number(results[2]?.rows[0]?.count);
}

/** Records that a group has not handled yet. */
export function lag(at: Platform, group: string, topic: string): Promise<number> {
  return withAdmin(at, (admin) => lagOf(admin, group, topic));
}

type Admin = ReturnType<Kafka["admin"]>;

async function lagOf(admin: Admin, group: string, own: string): Promise<number> {
  let lag = 0;
  // The group reads its retry topics, too; before its first commit only the main topic is known.
  const committed = await admin.fetchOffsets({ groupId: group });
  const topics = [...new Set([own, ...committed.map(({ topic }) => topic)])];
  for (const { topic, partitions } of await admin.fetchOffsets({ groupId: group, topics })) {
    for (const { partition, high } of await admin.fetchTopicOffsets(topic)) {
      const committedOffset = partitions.find((one) => one.partition === partition)?.offset ?? "-1";
      lag += Number(high) - Math.max(Number(committedOffset), 0);
    }
  }
  return lag;
}

async function withAdmin<T>({ broker }: Platform, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Kafka({ clientId: "isolation", brokers: [broker.url], logLevel: logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.disconnect();
  }
}

/** Counts the events of this actor's requests, with a line for each that lacks its tenant. */
export function eventsOf(
  { correlationPrefix, tenant }: Requester,
  records: readonly SeenRecord[],
): { count: number; findings: string[] } {
  const caused = records.filter(({ headers }) => headers.correlation_id?.startsWith(correlationPrefix));
  const wrong = caused.filter(
    ({ headers, event }) => headers.tenant_id !== String(tenant) || event?.tenant_id !== tenant,
  );
  return {
    count: caused.length,
    findings: wrong.map(
      ({ headers, event }) =>
        `tenant ${tenant} asked (${headers.correlation_id}), but the event is of ${headers.tenant_id} by its header and of ${event?.tenant_id} by its body`,
    ),
  };
}

/** An event that an attacker could write. */
export interface ForgedEvent {
  what: string;
  header: number;
  event: AnyEvent;
  /** True if header and event contradict each other: it must become a dead letter. */
  contradictory: boolean;
}

/** Events of `topic` that target `victim`, derived from one of the service or from the schema. */
export async function forgedEvents(
  at: Platform,
  topic: Topic,
  ids: IdsByName,
  victim: number,
  foreign: number,
): Promise<ForgedEvent[]> {
  const seen = await readRecords(at, topic);
  const genuine = seen.findLast(({ event }) => event?.tenant_id === victim)?.event ?? createEventBySchema(topic, ids);
  const forged = (tenant: number) => ({ ...genuine, id: randomUUID(), tenant_id: tenant });
  return [
    { what: "a foreign tenant in the header", header: foreign, event: forged(victim), contradictory: true },
    { what: "a foreign tenant in the body", header: victim, event: forged(foreign), contradictory: true },
    {
      what: "a foreign tenant's event about the tenant's aggregate",
      header: foreign,
      event: forged(foreign),
      contradictory: false,
    },
    {
      what: "an event again, as the foreign tenant's",
      header: foreign,
      event: { ...genuine, tenant_id: foreign },
      contradictory: false,
    },
  ];
}

/** Publishes the event and returns the number of new dead letters. */
export async function publishForged(subject: ServiceUnderTest, topic: Topic, forged: ForgedEvent): Promise<number> {
  const { at } = subject;
  const text = listPublishedSchemas().find((one) => one.topic === topic)!.text;
  const codec = createEventCodec<Record<string, AnyEvent>>(createSchemaRegistryClient(at.registry.url), {
    [topic]: text,
  });
  await codec.loadSchemaIds();
  const before = await endOffset(at, deadLetterTopic(topic));
  const producer = at.client.producer();
  await producer.connect();
  try {
    const value = codec.encode(topic, forged.event);
    const headers = { tenant_id: String(forged.header), version: String(forged.event.version) };
    await producer.send({ topic, messages: [{ key: forged.event.aggregate_id, value, headers }] });
  } finally {
    await producer.disconnect();
  }
  await waitUntilSettled(subject);
  return (await endOffset(at, deadLetterTopic(topic))) - before;
}

/** For a topic that another service writes: an event by its schema, with the tenant's ids. */
function createEventBySchema(topic: Topic, ids: IdsByName): AnyEvent {
  const text = listPublishedSchemas().find(({ subject }) => subject === subjectOf(findCatalogEntry(topic).topic))!.text;
  const event = avsc.Type.forSchema(JSON.parse(text) as avsc.Schema).random();
  const overlaid = JSON.parse(JSON.stringify(event), (name, value) => ids.get(name) ?? value) as AnyEvent;
  return { ...overlaid, timestamp: Date.now(), version: 1, aggregate_id: String([...ids.values()].at(-1)) };
}
