import assert from "node:assert/strict";
import kafkajs, { type Admin, type Kafka } from "kafkajs";
import { consumeRecords, type DecodedRecord } from "../../../../cli/kafka-records/consume.ts";
import { parseConsumeOptions } from "../../../../cli/kafka-records/options.ts";
import { kafka as startKafka } from "../../../support/servers/servers.ts";
import { makeTopics } from "../../../support/servers/topics.ts";

const BEYOND_DATES = 8_640_000_000_000_001n;

describe("make kafka-consume (PIN-12)", () => {
  let kafka: Kafka;
  let admin: Admin;

  before(async () => {
    kafka = new kafkajs.Kafka({ brokers: [(await startKafka()).url], logLevel: kafkajs.logLevel.NOTHING });
    admin = kafka.admin();
    const producer = kafka.producer({ idempotent: true });
    await Promise.all([admin.connect(), producer.connect()]);
    const configEntries = [{ name: "message.timestamp.after.max.ms", value: String(2n ** 63n - 1n) }];
    await makeTopics(admin, [{ topic: "shown", numPartitions: 1, configEntries }]);
    await producer.send({
      topic: "shown",
      messages: [
        { key: "a", value: "1", timestamp: "1780000000000" },
        { key: "b", value: "2", timestamp: String(BEYOND_DATES), headers: { tenant_id: "7" } },
        { key: "c", value: null, timestamp: "1780000000001" },
      ],
    });
    await producer.disconnect();
  });
  after(async () => {
    await admin.deleteTopics({ topics: ["shown"] });
    await admin.disconnect();
  });

  async function consume(environment: Record<string, string>, follow = false): Promise<DecodedRecord[]> {
    const shown: DecodedRecord[] = [];
    await consumeRecords({
      ...{ kafka, follow, signal: AbortSignal.timeout(30_000) },
      decode: async (value) => (value === null ? null : Number(value)),
      options: parseConsumeOptions({ TOPIC: "shown", FROM: "beginning", ...environment }),
      show: (record) => shown.push(record),
    });
    return shown;
  }

  it("shows a time beyond JavaScript's dates, and goes on", async () => {
    const shown = await consume({});
    assert.deepEqual(
      shown.map(({ key, time, value }) => [key, time, value]),
      [
        ["a", "2026-05-28T20:26:40.000Z", 1],
        ["b", "+275760-09-13T00:00:00.001Z", 2],
        ["c", "2026-05-28T20:26:40.001Z", null],
      ],
    );
  });

  it("ends with the records that were asked for", async () => {
    const keys = async (environment: Record<string, string>, follow?: boolean) =>
      (await consume(environment, follow)).map(({ key }) => key);
    assert.deepEqual(await keys({ COUNT: "2" }, true), ["a", "b"]);
    assert.deepEqual(await keys({ TENANT: "7" }), ["b"]);
    assert.deepEqual(await keys({ FROM: "-1" }), ["c"]);
    assert.deepEqual(await keys({ FROM: "latest" }), []);
    await assert.rejects(consume({ TOPIC: "nowhere" }), { message: /^There is no topic 'nowhere'; there are .*shown/ });
  });
});
