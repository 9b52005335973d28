import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { ServiceError } from "@plinth/kit/core/errors.ts";
import { runInTrace } from "@plinth/kit/core/trace-context.ts";
import { createBus } from "@plinth/kit/kafka/bus.ts";
import { murmur2 } from "@plinth/kit/kafka/partitioner.ts";
import { Partitioners } from "kafkajs";
import { waitUntil } from "../../../../support/eventually.ts";
import {
  createTopic,
  eventsOf,
  logger,
  type NumberedEvent,
  record,
  type TestTopic,
} from "../../../../support/kit/test-topic.ts";
import { kafka } from "../../../../support/servers/servers.ts";

describe("bus", () => {
  let at: TestTopic;
  afterEach(() => at?.close());

  it("writes the records of thousands of calls, each key in the order of the calls (SDG-6)", async () => {
    at = await createTopic({ partitions: 3 });
    const events = eventsOf(["a", "b", "c", "d"], 500);
    await Promise.all(events.map((event) => at.publish([event])));
    const seen = await at.read(at.topic, 2000);
    for (const key of ["a", "b", "c", "d"]) {
      const numbers = seen.filter(({ event }) => event?.aggregate_id === key).map(({ event }) => event?.number);
      assert.deepEqual(numbers, [...Array(500).keys()]);
    }
    assert.equal(await at.metric("bus_published_total", { topic: at.topic }), 2000);
  });

  it("splits a call that exceeds a request, and refuses a record that is too large alone", async () => {
    at = await createTopic();
    const text = "x".repeat(2000);
    await at.publish(eventsOf(["a"], 1500).map((event) => ({ ...event, text })));
    const seen = await at.read(at.topic, 1500);
    assert.deepEqual(
      seen.map(({ event }) => event?.number),
      [...Array(1500).keys()],
    );
    const [large, small] = eventsOf(["a"], 2) as [NumberedEvent, NumberedEvent];
    const outcomes = await Promise.allSettled([
      at.publish([{ ...large, text: "x".repeat(2_000_000) }]),
      at.publish([small]),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["rejected", "fulfilled"],
    );
  });

  it("chooses the same partition as other clients", () => {
    const kafkajs = Partitioners.DefaultPartitioner();
    const partitionMetadata = Array.from({ length: 7 }, (_, partitionId) => ({
      partitionId,
      leader: 0,
      partitionErrorCode: 0,
      replicas: [],
      isr: [],
    }));
    for (let length = 0; length < 200; length++) {
      const key = randomBytes(length);
      assert.equal(
        (murmur2(key) & 0x7fffffff) % 7,
        kafkajs({ topic: "any", partitionMetadata, message: { key, value: null } }),
        key.toString("hex"),
      );
    }
    // Source: Kafka's own tests.
    assert.equal(murmur2(Buffer.from("foobar")), -790332482);
    assert.equal(murmur2(Buffer.from("21")), -973932308);
  });

  it("fails only the call that names an unknown topic", async () => {
    at = await createTopic();
    const [event] = eventsOf(["a"], 1);
    const outcomes = await Promise.allSettled([
      at.publish([event!]),
      at.bus.publish([record("no-such-topic", event!)]),
      at.publish([event!]),
    ]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    await at.publish([event!]);
  }).timeout(30_000);

  it("rejects with unavailable while the broker is away, bounds its queue, and writes again afterwards", async () => {
    const broker = await kafka();
    at = await createTopic();
    const bus = createBus("kit-test", [broker.url], logger, { maxQueuedRecords: 10 });
    const acknowledged = new Set<number>();
    let failed = 0;
    const write = async (number: number) => {
      const [event] = eventsOf(["a"], 1, number);
      await bus.publish([record(at.topic, event!)]).then(
        () => acknowledged.add(number),
        (error: unknown) => {
          assert.ok(error instanceof ServiceError && error.code === "unavailable", String(error));
          failed++;
        },
      );
    };
    await write(0);
    await broker.kill();
    const writes = Array.from({ length: 50 }, (_, index) => write(index + 1));
    await waitUntil("some are refused", () => failed > 0);
    await broker.start();
    await Promise.all(writes);
    await waitUntil("it writes again", async () => {
      const before = acknowledged.size;
      await write(1000 + before);
      return acknowledged.size > before;
    });
    const seen = (await at.read(at.topic, acknowledged.size)).map(({ event }) => event!.number);
    for (const number of acknowledged) assert.ok(seen.includes(number), `${number} was acknowledged and is lost`);
    const first = [...new Set(seen)];
    assert.deepEqual(
      first,
      [...first].sort((one, other) => one - other),
      "out of order",
    );
    await bus.close();
  }).timeout(60_000);

  it("rejects every call with unavailable when the broker stays away longer than the client tries", async () => {
    const broker = await kafka();
    at = await createTopic();
    const [event] = eventsOf(["a"], 1);
    await at.publish([event!]);
    await broker.kill();
    const startedAt = performance.now();
    const outcomes = await Promise.allSettled(Array.from({ length: 5 }, () => at.publish([event!])));
    const ms = performance.now() - startedAt;
    await broker.start();
    for (const outcome of outcomes) {
      const reason: unknown = outcome.status === "rejected" ? outcome.reason : "published";
      assert.ok(reason instanceof ServiceError && reason.code === "unavailable", String(reason));
    }
    assert.ok(ms < 30_000, `${ms} ms`);
    await waitUntil("it writes again", () => at.publish([event!]).then(() => true));
  }).timeout(120_000);

  it("names a recorded trace in a header (SHOP-3)", async () => {
    at = await createTopic();
    const trace = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", sampled: true };
    const [event] = eventsOf(["a"], 1);
    await runInTrace({ ...trace, tracestate: "a=1" }, () => at.publish([event!]), {
      correlationId: "id",
      baggage: "plan=gold",
    });
    await runInTrace({ ...trace, sampled: false }, () => at.publish([event!]));
    const [recorded, not] = await at.read(at.topic, 2);
    assert.deepEqual([recorded?.headers.tracestate, recorded?.headers.baggage], ["a=1", "plan=gold"]);
    assert.match(recorded?.headers.traceparent ?? "", /^00-4bf92f3577b34da6a3ce929d0e0e4736-[0-9a-f]{16}-01$/);
    assert.equal(not?.headers.traceparent, undefined);
  });
});
