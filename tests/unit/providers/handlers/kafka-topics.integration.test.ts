import assert from "node:assert/strict";
import { silenceNegativeTimeoutWarnings } from "@plinth/local/negative-timeouts.ts";
import type { KafkaTopic } from "@plinth/providers/clients/kafka/topics.ts";
import { createKafkaTopicsHandler } from "@plinth/providers/handlers/kafka-topics.ts";
import type { KafkaTopicsInputs } from "@plinth/providers/kafka-topics.ts";
import kafkajs, { type Admin } from "kafkajs";
import { eventuallyPasses } from "../../../support/eventually.ts";
import { kafka } from "../../../support/servers/servers.ts";
import { makeTopics } from "../../../support/servers/topics.ts";

const handler = createKafkaTopicsHandler({ deadlineMs: 30_000 });
const impatient = createKafkaTopicsHandler({ deadlineMs: 600 });

describe("KafkaTopics on a real broker", function () {
  this.timeout(90_000);
  let brokers: string[];
  let admin: Admin;
  let prefix = "";
  let count = 0;
  const name = (topic: string) => `${prefix}${topic}`;
  const inputs = (topics: Record<string, KafkaTopic>, changes: Partial<KafkaTopicsInputs> = {}): KafkaTopicsInputs => ({
    brokers,
    topics: Object.fromEntries(Object.entries(topics).map(([topic, value]) => [name(topic), value])),
    onDelete: "retain",
    providerVersion: 1,
    ...changes,
  });
  const partitions = async () => {
    const { topics } = await admin.fetchTopicMetadata();
    return Object.fromEntries(
      topics
        .filter((topic) => topic.name.startsWith(prefix))
        .map((topic) => [topic.name.slice(prefix.length), topic.partitions.length]),
    );
  };
  const setting = async (topic: string, key: string) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: name(topic), configNames: [key] }],
    });
    return resources[0]?.configEntries[0]?.configValue;
  };
  const alter = (topic: string, config: Record<string, string>) =>
    admin.alterConfigs({
      validateOnly: false,
      resources: [
        {
          type: kafkajs.ConfigResourceTypes.TOPIC,
          name: name(topic),
          configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
        },
      ],
    });

  before(async () => {
    silenceNegativeTimeoutWarnings();
    brokers = [(await kafka()).url];
    admin = new kafkajs.Kafka({ brokers, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
  });
  after(() => admin?.disconnect());
  beforeEach(() => {
    prefix = `T${++count}_`;
  });

  it("creates a set with partitions and settings, and finds no change (INF-8)", async () => {
    const desired = inputs({
      BETS: { partitions: 3, config: { "retention.ms": "1000", "min.cleanable.dirty.ratio": "0.50" } },
      SYSTEM: { partitions: 1 },
    });
    const { outs } = await handler.create(desired);
    assert.deepEqual(outs.observed, { [name("BETS")]: 3, [name("SYSTEM")]: 1 });
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { BETS: 3, SYSTEM: 1 }));
    await eventuallyPasses(async () => assert.equal(await setting("BETS", "retention.ms"), "1000"));
    assert.deepEqual(await handler.diff("topics", outs, desired), { changes: false });
    assert.deepEqual((await handler.read("topics", outs)).props, outs);
  });

  it("adopts existing topics, of a lost answer or of another set", async () => {
    await makeTopics(admin, [{ topic: name("BETS"), numPartitions: 1 }]);
    const desired = inputs({ BETS: { partitions: 2, config: { "retention.ms": "2000" } }, SYSTEM: { partitions: 1 } });
    const first = await handler.create(desired);
    assert.deepEqual((await handler.create(desired)).outs, first.outs);
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { BETS: 2, SYSTEM: 1 }));
    await eventuallyPasses(async () => assert.equal(await setting("BETS", "retention.ms"), "2000"));
  });

  it("may be created by three runs at once", async () => {
    const desired = inputs(
      Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`P${index}`, { partitions: 2 }])),
    );
    await Promise.all([1, 2, 3].map(() => handler.create(desired)));
    await eventuallyPasses(async () => assert.equal(Object.keys(await partitions()).length, 30));
  });

  it("adds partitions, and changes only its own settings", async () => {
    const { outs } = await handler.create(
      inputs({ BETS: { partitions: 1, config: { "retention.ms": "1000", "segment.ms": "5000" } } }),
    );
    await alter("BETS", { "retention.ms": "1000", "segment.ms": "5000", "max.message.bytes": "2000000" });
    await eventuallyPasses(async () => assert.equal(await setting("BETS", "max.message.bytes"), "2000000"));
    await handler.update(
      "topics",
      outs,
      inputs({ BETS: { partitions: 4, config: { "retention.ms": "3000", "cleanup.policy": "compact" } } }),
    );
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { BETS: 4 }));
    const keys = ["retention.ms", "segment.ms", "cleanup.policy", "max.message.bytes"];
    await eventuallyPasses(async () => {
      assert.deepEqual(await Promise.all(keys.map((key) => setting("BETS", key))), [
        "3000",
        "604800000",
        "compact",
        "2000000",
      ]);
    });
  });

  it("shows a missing topic, other partitions and other settings as drift, and reverts them where possible", async () => {
    const desired = inputs({
      GONE: { partitions: 1 },
      GROWN: { partitions: 1 },
      SET: { partitions: 1, config: { "retention.ms": "1000" } },
      SAME: { partitions: 1 },
    });
    const { outs } = await handler.create(desired);
    await admin.deleteTopics({ topics: [name("GONE")] });
    await admin.createPartitions({ topicPartitions: [{ topic: name("GROWN"), count: 2 }] });
    await alter("SET", { "retention.ms": "7000" });
    const real = inputs({
      GROWN: { partitions: 2 },
      SET: { partitions: 1, config: { "retention.ms": "7000" } },
      SAME: { partitions: 1 },
    });
    await eventuallyPasses(async () =>
      assert.deepEqual((await handler.read("topics", outs)).inputs?.topics, real.topics),
    );
    const read = await handler.read("topics", outs);
    assert.equal((await handler.diff("topics", read.props, desired)).changes, true);
    const { failures } = await handler.check(read.inputs ?? {}, desired);
    assert.equal(failures.length, 1);
    assert.match(failures[0]!.reason, /topic T\d+_GROWN has 2 partitions and cannot shrink to 1/);
    const grown = inputs({
      GONE: { partitions: 1 },
      GROWN: { partitions: 2 },
      SET: { partitions: 1, config: { "retention.ms": "1000" } },
      SAME: { partitions: 1 },
    });
    await handler.update("topics", read.props, grown);
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { GONE: 1, GROWN: 2, SET: 1, SAME: 1 }));
    await eventuallyPasses(async () => assert.equal(await setting("SET", "retention.ms"), "1000"));
  });

  it("plans to put right what was changed by hand, where it can", async () => {
    const desired = inputs({ GROWN: { partitions: 1 }, SET: { partitions: 1, config: { "retention.ms": "1000" } } });
    const { outs } = await handler.create(desired);
    const changes = async () => (await handler.diff("topics", outs, desired)).changes;
    assert.equal(await changes(), false);
    // The plan says that this one cannot shrink; to try it at each `up` would be no help.
    await admin.createPartitions({ topicPartitions: [{ topic: name("GROWN"), count: 2 }] });
    assert.equal(await changes(), false);
    await alter("SET", { "retention.ms": "7000" });
    await eventuallyPasses(async () => assert.equal(await changes(), true));
    await alter("SET", { "retention.ms": "1000" });
    await eventuallyPasses(async () => assert.equal(await changes(), false));
    await admin.deleteTopics({ topics: [name("GROWN")] });
    await eventuallyPasses(async () => assert.equal(await changes(), true));
  });

  it("retains topics that leave the set or are destroyed, unless onDelete is delete (PLT-4)", async () => {
    const { outs } = await handler.create(inputs({ A: { partitions: 1 }, B: { partitions: 1 }, C: { partitions: 1 } }));
    const { outs: kept } = await handler.update("topics", outs, inputs({ A: { partitions: 1 }, B: { partitions: 1 } }));
    await handler.delete("topics", kept);
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { A: 1, B: 1, C: 1 }));
    const { outs: fewer } = await handler.update(
      "topics",
      kept,
      inputs({ A: { partitions: 1 } }, { onDelete: "delete" }),
    );
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { A: 1, C: 1 }));
    await handler.delete("topics", fewer);
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { C: 1 }));
    await eventuallyPasses(async () => assert.equal((await handler.read("topics", fewer)).id, ""));
  });

  it("refuses to shrink a topic of the broker before it creates any other", async () => {
    await handler.create(inputs({ BETS: { partitions: 3 } }));
    await assert.rejects(
      handler.create(inputs({ BETS: { partitions: 2 }, NEW: { partitions: 1 } })),
      new RegExp(
        `^topic ${name("BETS")} has 3 partitions and cannot shrink to 2, because keys would move: ask for 3 or more$`,
      ),
    );
    await eventuallyPasses(async () => assert.deepEqual(await partitions(), { BETS: 3 }));
  });

  it("names the topic and setting that the broker refuses", async () => {
    await assert.rejects(
      handler.create(inputs({ BAD: { partitions: 1, config: { "retention.ms": "soon" } } })),
      /^the broker refused topic T\d+_BAD, config retention.ms=soon: /,
    );
    await handler.create(inputs({ SET: { partitions: 1 } }));
    await assert.rejects(
      handler.create(inputs({ SET: { partitions: 1, config: { "retention.ms": "soon" } } })),
      /^the broker refused a setting of T\d+_SET \(retention.ms=soon\): /,
    );
    await assert.rejects(
      handler.create(inputs({ COPIES: { partitions: 1, replicationFactor: 3 } })),
      /^the broker refused topic T\d+_COPIES \(partitions 1, replicationFactor 3\): /,
    );
  });

  it("gives up on a missing broker at the deadline", async () => {
    const started = Date.now();
    await assert.rejects(
      impatient.create(inputs({ A: { partitions: 1 } }, { brokers: ["127.0.0.1:1"] })),
      /^the Kafka broker at 127.0.0.1:1 did not serve the request within 1 s: .*ECONNREFUSED/,
    );
    assert.ok(Date.now() - started < 3_000);
  });

  it("waits for a broker that dies and comes back (PLT-10)", async () => {
    const broker = await kafka();
    await broker.kill();
    const created = handler.create(inputs({ LATE: { partitions: 2 } }));
    const [{ outs }] = await Promise.all([created, broker.start()]);
    assert.deepEqual(outs.observed, { [name("LATE")]: 2 });
  });

  for (const [topic, value, expected] of [
    ["bad name", { partitions: 1 }, /'T\d+_bad name' is not a Kafka topic name: 1 to 249 of/],
    ["A", { partitions: 0 }, /topic T\d+_A: partitions is 0, but a whole number of at least 1/],
    ["A", { partitions: 1.5 }, /partitions is 1.5/],
    ["A", { partitions: 1, replicationFactor: 0 }, /replicationFactor is 0/],
    [
      "A",
      { partitions: 1, config: { "retention.ms": 5 } },
      /config retention.ms is 5, but a text is needed, as in "5"/,
    ],
  ] as const) {
    it(`refuses ${JSON.stringify({ [topic]: value })}`, async () => {
      const { failures } = await handler.check({}, inputs({ [topic]: value as unknown as KafkaTopic }));
      assert.equal(failures.length, 1);
      assert.match(failures[0]!.reason, expected);
    });
  }

  it("refuses a planned topic with fewer partitions or other replicas", async () => {
    const reasons = async (now: KafkaTopic) =>
      (await handler.check(inputs({ A: { partitions: 6 } }), inputs({ A: now }))).failures.map(({ reason }) => reason);
    assert.match((await reasons({ partitions: 3 })).join(), /topic T\d+_A has 6 partitions and cannot shrink to 3/);
    assert.match(
      (await reasons({ partitions: 6, replicationFactor: 3 })).join(),
      /has replicationFactor 1 and 3 is asked for: .*kafka-reassign-partitions.sh/,
    );
    assert.deepEqual(await reasons({ partitions: 12 }), []);
  });
});
