import assert from "node:assert/strict";
import { type OffsetRange, ReadingProgress } from "@plinth/local/kafka/reading-progress.ts";
import { readTopic } from "@plinth/local/kafka/topic-reader.ts";
import kafkajs, { type Admin, type Kafka } from "kafkajs";
import { kafka as startKafka } from "../../../support/servers/servers.ts";
import { makeTopics } from "../../../support/servers/topics.ts";

describe("a reading of a topic", () => {
  let kafka: Kafka;
  let admin: Admin;

  before(async () => {
    const { url } = await startKafka();
    kafka = new kafkajs.Kafka({ brokers: [url], logLevel: kafkajs.logLevel.NOTHING });
    admin = kafka.admin();
    await admin.connect();
    await makeTopics(
      admin,
      ["aborted", "open", "followed"].map((topic) => ({ topic, numPartitions: 2 })),
    );
    await transact("aborted", "abort");
    await transact("open", "leave open");
  });
  after(async () => {
    await admin.deleteTopics({ topics: ["aborted", "open", "followed"] });
    await admin.disconnect();
  });

  /** A committed record in each partition, then two records that nobody may read. */
  async function transact(topic: string, end: "abort" | "leave open"): Promise<void> {
    const plain = kafka.producer({ idempotent: true });
    await plain.connect();
    const both = (value: string) => [0, 1].map((partition) => ({ partition, value }));
    await plain.send({ topic, messages: both("committed") });
    await plain.disconnect();
    const producer = kafka.producer({ transactionalId: topic, maxInFlightRequests: 1, idempotent: true });
    await producer.connect();
    const transaction = await producer.transaction();
    await transaction.send({ topic, messages: [...both("hidden"), ...both("hidden")] });
    if (end === "abort") await transaction.abort();
    await producer.disconnect();
  }

  async function read(topic: string, ranges?: OffsetRange[]): Promise<string[]> {
    const found: string[] = [];
    const spans = (await admin.fetchTopicOffsets(topic)).map(({ partition, low, high }) => ({
      ...{ partition, first: BigInt(low), end: BigInt(high) },
    }));
    await readTopic({
      ...{ kafka, admin, topic, groupPrefix: "reading-", patienceMs: 8000, ranges: ranges ?? spans },
      take: async (partition, messages) => {
        for (const { value } of messages) found.push(`${partition} ${value}`);
      },
    });
    return found.sort();
  }

  for (const topic of ["aborted", "open"])
    it(`ends at an ${topic} transaction, which is never delivered, and leaves no group`, async () => {
      const startedAt = performance.now();
      assert.deepEqual(await read(topic), ["0 committed", "1 committed"]);
      assert.ok(performance.now() - startedAt < 4000, `${performance.now() - startedAt} ms`);
      assert.deepEqual(await read(topic, [{ partition: 1, first: 1n, end: 3n }]), []);
      const { groups } = await admin.listGroups();
      assert.deepEqual(
        groups.filter(({ groupId }) => groupId.startsWith("reading-")),
        [],
      );
    });

  it("takes each record once, in order, while others are written, until it is aborted", async () => {
    const producer = kafka.producer();
    await producer.connect();
    const enough = new AbortController();
    const found: number[] = [];
    const reading = readTopic({
      ...{ kafka, admin, topic: "followed", groupPrefix: "reading-", patienceMs: 8000, signal: enough.signal },
      ranges: [
        { partition: 0, first: 0n, end: undefined },
        { partition: 1, first: 0n, end: 0n },
      ],
      take: async (_partition, messages) => {
        found.push(...messages.map(({ value }) => Number(value)));
        if (found.length >= 200) enough.abort();
      },
    });
    for (let batch = 0; batch < 20; batch++) {
      const messages = Array.from({ length: 10 }, (_, index) => ({ partition: 0, value: String(batch * 10 + index) }));
      await producer.send({ topic: "followed", messages });
    }
    await reading;
    await producer.disconnect();
    assert.deepEqual(
      found,
      Array.from({ length: 200 }, (_, index) => index),
    );
  });
});

describe("the progress of a reading", () => {
  const wait = () => new Promise((resolve) => setTimeout(resolve, 35));

  it("is at its end when a partition's leader has nothing more, as behind records that compaction removed", async () => {
    const progress = new ReadingProgress([{ partition: 0, first: 0n, end: 10n }], 10);
    progress.setLeaders(new Map([[0, 1]]));
    progress.noteBatch(0, 6n);
    await wait();
    for (let fetch = 0; fetch < 5; fetch++) progress.noteFetch(2);
    assert.equal(progress.isDone, false, "another broker has nothing");
    for (let fetch = 0; fetch < 2; fetch++) progress.noteFetch(1);
    assert.deepEqual(progress.partitions(), [{ partition: 0, next: 7n }]);
    progress.noteFetch(1);
    assert.equal(progress.isDone, true);
  });

  it("never is while it waits for new records", async () => {
    const progress = new ReadingProgress([{ partition: 0, first: 0n, end: undefined }], 10);
    await wait();
    for (let fetch = 0; fetch < 9; fetch++) progress.noteFetch(1);
    assert.equal(progress.isDone, false);
  });
});
