import assert from "node:assert/strict";
import { connectKafka } from "@plinth/local/page/sources/kafka/kafka-client.ts";
import { KafkaTopicSource } from "@plinth/local/page/sources/kafka/kafka-topic-source.ts";
import { RecordDecoder } from "@plinth/local/page/sources/kafka/record-decoder.ts";
import { RegistrySource } from "@plinth/local/page/sources/schema-source.ts";
import { SecretMask } from "@plinth/local/page/sources/secrets.ts";
import avsc from "avsc";
import type { Admin, Kafka, Message, Producer } from "kafkajs";
import { type Broker, kafka as startKafka, registry as startRegistry } from "../../../../../support/servers/servers.ts";
import { makeTopics } from "../../../../../support/servers/topics.ts";

const SCHEMA = JSON.stringify({
  type: "record",
  name: "Bet",
  fields: [
    { name: "id", type: "string" },
    { name: "cents", type: "long" },
    { name: "raw", type: "bytes" },
  ],
});

describe("topics of a broker", () => {
  let broker: Broker;
  let client: Kafka;
  let admin: Admin;
  let producer: Producer;
  let topics: KafkaTopicSource;
  let schemas: RegistrySource;

  before(async () => {
    broker = await startKafka();
    schemas = new RegistrySource((await startRegistry()).url);
    client = await connectKafka(broker.url);
    admin = client.admin();
    // Otherwise a partition that is not ready makes the client send those again that were.
    producer = client.producer({ idempotent: true });
    await Promise.all([admin.connect(), producer.connect()]);
    topics = new KafkaTopicSource({
      connect: () => connectKafka(broker.url),
      decoder: new RecordDecoder((id) => schemas.byId(id)),
      mask: new SecretMask(undefined, ["a-long-secret"]),
      mayReplay: true,
    });
    await makeTopics(admin, [
      { topic: "bets", numPartitions: 3 },
      { topic: "bets_DLQ", numPartitions: 1 },
      { topic: "paged", numPartitions: 1 },
    ]);
  });
  after(() => Promise.all([admin.disconnect(), producer.disconnect()]));

  const send = (topic: string, ...messages: Message[]) => producer.send({ topic, messages });

  it("decodes Avro through the registry, and shows text, bytes and tombstones as such (OBS-3)", async () => {
    const id = await register("bets-value", SCHEMA);
    const body = avsc.Type.forSchema(JSON.parse(SCHEMA)).toBuffer({ id: "b1", cents: 250, raw: Buffer.from([1, 255]) });
    const frame = Buffer.alloc(5);
    frame.writeUInt32BE(id, 1);
    await send(
      "bets",
      {
        partition: 0,
        key: "k",
        value: Buffer.concat([frame, body]),
        headers: { tenant_id: "7", password: "a-long-secret" },
      },
      { partition: 1, value: "plain text" },
      { partition: 1, value: Buffer.from([0, 0, 0, 99, 99, 1]) },
      { partition: 2, value: null, key: "gone" },
    );
    const records = await topics.records("bets", 10);
    const avro = records.find(({ encoding }) => encoding === "avro")!;
    assert.deepEqual(JSON.parse(avro.value), { id: "b1", cents: 250, raw: "Af8=" });
    assert.deepEqual(avro.schema, { subject: "bets-value", version: 1, id });
    assert.deepEqual([avro.key, avro.headers], ["k", { tenant_id: "7", password: "***" }]);
    assert.deepEqual(records.map(({ partition, encoding }) => `${partition} ${encoding}`).sort(), [
      "0 avro",
      "1 base64",
      "1 text",
      "2 none",
    ]);
  });

  it("pages backwards through a partition, and leaves no group at the broker", async () => {
    await send("paged", ...Array.from({ length: 25 }, (_, index) => ({ value: `record ${index}` })));
    const values = async (offset: string) =>
      (await topics.records("paged", 10, { partition: 0, offset })).map(({ value }) => value);
    assert.equal((await topics.records("paged", 10))[0]!.value, "record 24");
    const [first, last] = [(await values("15")).at(0), (await values("15")).at(-1)];
    assert.deepEqual([first, last], ["record 14", "record 5"]);
    assert.deepEqual(await values("0"), []);
    await Promise.all(["5", "10", "15", "20"].map(values));
    const { groups } = await admin.listGroups();
    assert.deepEqual(
      groups.filter(({ groupId }) => groupId.startsWith("plinth-page-")),
      [],
    );
  });

  it("lists partitions, records and the lag of each group", async () => {
    await admin.setOffsets({ groupId: "readers", topic: "paged", partitions: [{ partition: 0, offset: "20" }] });
    const fresh = new KafkaTopicSource({
      connect: () => connectKafka(broker.url),
      decoder: new RecordDecoder((id) => schemas.byId(id)),
      mask: new SecretMask(undefined),
    });
    const all = await fresh.list();
    assert.deepEqual(
      all.map(({ name }) => name),
      ["bets", "bets_DLQ", "paged"],
    );
    assert.deepEqual(all[2], {
      name: "paged",
      partitions: 1,
      records: 25,
      deadLetter: false,
      groups: [{ group: "readers", lag: 5 }],
    });
    assert.equal(all[1]!.deadLetter, true);
    assert.deepEqual(await topics.partitions("paged"), [{ partition: 0, low: "0", high: "25", leader: 1 }]);
    assert.equal(fresh.replay, undefined);
  });

  it("replays a dead letter to the partition that it came from, with the headers that it had there (OBS-3)", async () => {
    const headers = {
      ...{ tenant_id: "7", traceparent: "00-1", retry_attempts: "3" },
      ...{
        dead_letter_topic: "bets",
        dead_letter_partition: "2",
        dead_letter_offset: "5",
        dead_letter_reason: "poison",
      },
    };
    await send("bets_DLQ", { key: "k9", value: "letter", headers }, { value: "no letter" });
    await send("bets_DLQ", { value: null, headers: { ...headers, dead_letter_value: "too large" } });
    assert.deepEqual(await topics.replay!("bets_DLQ", 0, "0"), { topic: "bets" });
    const replayed = (await topics.records("bets", 10)).find(({ value }) => value === "letter")!;
    assert.deepEqual([replayed.partition, replayed.key], [2, "k9"]);
    assert.deepEqual(replayed.headers, { tenant_id: "7", traceparent: "00-1", replayed_from: "bets_DLQ[0]@0" });
    await assert.rejects(topics.replay!("bets_DLQ", 0, "1"), { status: 409, message: /not a dead letter/ });
    await assert.rejects(topics.replay!("bets_DLQ", 0, "2"), { status: 409, message: /replay it from bets\[2\]@5/ });
    await assert.rejects(topics.replay!("bets_DLQ", 0, "99"), { status: 404, message: /no record at offset 99/ });
  });

  it("names a topic and a partition that do not exist", async () => {
    await assert.rejects(topics.records("none", 1), { status: 404, message: "There is no topic 'none'" });
    await assert.rejects(topics.records("paged", 1, { partition: 9, offset: "1" }), { status: 404 });
  });

  it("lists subjects, and tries a schema out without registering it (OBS-3)", async () => {
    assert.deepEqual(await schemas.list(), [
      { subject: "bets-value", versions: [1], compatibility: "BACKWARD", schema: (await schemas.list())[0]!.schema },
    ]);
    const bad = JSON.stringify({ type: "record", name: "Bet", fields: [{ name: "other", type: "string" }] });
    const refused = await schemas.tryOut("bets-value", bad);
    assert.equal(refused.compatible, false);
    assert.match(refused.messages.join(), /other/);
    assert.deepEqual(await schemas.tryOut("bets-value", SCHEMA), { compatible: true, messages: [] });
    assert.deepEqual((await schemas.list())[0]!.versions, [1]);
    assert.deepEqual(JSON.parse(await schemas.version("bets-value", 1)).name, "Bet");
    await assert.rejects(schemas.version("bets-value", 9), { status: 404 });
    assert.equal((await schemas.tryOut("bets-value", "{")).compatible, false);
  });

  it("answers again after the broker was away", async () => {
    await broker.kill();
    await assert.rejects(topics.partitions("paged"), { status: 503, message: /^The broker does not answer: [^\n]+$/ });
    await broker.start();
    assert.equal((await topics.partitions("paged")).length, 1);
  });

  async function register(subject: string, schema: string): Promise<number> {
    const answer = await fetch(`${(await startRegistry()).url}/subjects/${subject}/versions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ schema }),
    });
    return ((await answer.json()) as { id: number }).id;
  }
});
