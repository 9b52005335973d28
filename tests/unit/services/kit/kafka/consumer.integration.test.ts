import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { isInstance } from "@plinth/kit/core/caught-value.ts";
import { kitError } from "@plinth/kit/core/errors.ts";
import { createConsumer } from "@plinth/kit/kafka/consumer.ts";
import { PoisonEvent } from "@plinth/kit/kafka/received-event.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import {
  createTopic,
  eventsOf,
  type NumberedEvent,
  record,
  type TestTopic,
} from "../../../../support/kit/test-topic.ts";
import { oddValues } from "../../../../support/odd-values.ts";

describe("consumer", () => {
  let at: TestTopic;
  afterEach(() => at.close());

  it("handles keys in parallel up to its limit, and the events of one key in order (HLS-3)", async () => {
    at = await createTopic({ partitions: 3 });
    const keys = Array.from({ length: 30 }, (_, index) => `key-${index}`);
    await at.publish(eventsOf(keys, 20));
    const seen = new Map<string, number[]>();
    const running = new Set<string>();
    let [peak, overlaps] = [0, 0];
    at.consume(
      async ({ event: { aggregate_id: key, number } }) => {
        if (running.has(key)) overlaps++;
        running.add(key);
        peak = Math.max(peak, running.size);
        await sleep(Math.random() * 4);
        seen.set(key, [...(seen.get(key) ?? []), number]);
        running.delete(key);
        return true;
      },
      { concurrency: 6 },
    );
    // A broker that has just restarted can make a group start again: an event may then come twice,
    // but never before an earlier one.
    const first = (key: string) => [...new Set(seen.get(key))];
    await waitUntil("all are handled", () => keys.every((key) => first(key).length === 20));
    assert.equal(overlaps, 0, "events of one key at the same time");
    assert.equal(peak, 6);
    for (const key of keys) assert.deepEqual(first(key), [...Array(20).keys()], key);
    const handled = () => [...seen.values()].flat().length;
    await waitUntil(
      "each is counted",
      async () => (await at.metric("consumer_events_total", { result: "applied" })) === handled(),
    );
  });

  it("splits a large batch by key into parallel calls, and handles a small one in one call", async () => {
    at = await createTopic();
    await at.publish(eventsOf(["only"], 40));
    const calls: string[][] = [];
    const orders = new Map<string, number[]>();
    const consumer = createConsumer<NumberedEvent>({
      ...at.settings(),
      concurrency: 2,
      async applyBatch(received) {
        calls.push([...new Set(received.map(({ event }) => event.aggregate_id))]);
        for (const { event } of received)
          orders.set(event.aggregate_id, [...(orders.get(event.aggregate_id) ?? []), event.number]);
        return received.length;
      },
    });
    consumer.start();
    await waitUntil(
      "the small batch is applied",
      () => orders.get("only")?.length,
      (length) => length === 40,
    );
    assert.deepEqual(calls, [["only"]]);
    const keys = Array.from({ length: 10 }, (_, index) => `key-${index}`);
    await at.publish(eventsOf(keys, 50));
    await waitUntil(
      "the large batch is applied",
      () => [...orders.values()].flat().length,
      (length) => length === 540,
    );
    await consumer.stop();
    assert.equal(calls.length, 3);
    assert.deepEqual(new Set([...calls[1]!, ...calls[2]!]), new Set(keys));
    assert.equal(calls[1]!.length + calls[2]!.length, 10, "a key was in two calls");
    for (const key of keys) assert.deepEqual(orders.get(key), [...Array(50).keys()], key);
  });

  it("sends poison to the dead letters at once, with the reason, and goes on (SDG-6)", async () => {
    at = await createTopic();
    const [first, bad, last] = eventsOf(["a"], 3) as [NumberedEvent, NumberedEvent, NumberedEvent];
    await at.bus.publish([
      record(at.topic, first),
      { ...record(at.topic, bad), value: Buffer.from("{") },
      record(at.topic, last),
    ]);
    await at.bus.publish([{ ...record(at.topic, { ...bad, id: "other" }), headers: { tenant_id: "2" } }]);
    const handled: string[] = [];
    at.consume(async ({ event }) => {
      handled.push(event.id);
      if (event.id === last.id) throw new PoisonEvent("it makes no sense");
      return true;
    });
    const dead = await at.read(at.deadLetters, 3);
    // Unreadable records come first, then those that the handler refuses.
    assert.deepEqual(dead.map(({ headers }) => headers.dead_letter_reason).sort(), [
      "it makes no sense",
      "the header names tenant 2, the event 1",
      "the value is not JSON",
    ]);
    const unreadable = dead.find(({ headers }) => headers.dead_letter_reason === "the value is not JSON")?.headers;
    assert.deepEqual(
      [
        unreadable?.dead_letter_topic,
        unreadable?.dead_letter_partition,
        unreadable?.dead_letter_offset,
        unreadable?.dead_letter_group,
      ],
      [at.topic, "0", "1", at.group],
    );
    assert.deepEqual(handled, [first.id, last.id]);
    await waitUntil(
      "all is committed",
      () => at.committed(),
      (offsets) => offsets.get(0) === 4,
    );
  });

  it("waits in place and in order while a dependency is away", async () => {
    at = await createTopic();
    await at.publish(eventsOf(["a"], 3));
    const seen: number[] = [];
    let away = 4;
    at.consume(async ({ event }) => {
      seen.push(event.number);
      if (event.number === 1 && away-- > 0) throw kitError("unavailable", "The database cannot be reached.");
      return true;
    });
    await waitUntil(
      "all are handled",
      () => seen.at(-1),
      (number) => number === 2,
    );
    assert.deepEqual(seen, [0, 1, 1, 1, 1, 1, 2]);
    assert.equal(await at.metric("consumer_events_total", { result: "dead_letter" }), undefined);
  });

  it("tries any other failure three times in place before it becomes a dead letter", async () => {
    at = await createTopic();
    await at.publish(eventsOf(["a"], 2));
    const seen: number[] = [];
    at.consume(async ({ event }) => {
      seen.push(event.number);
      if (event.number === 0) throw new Error("a mistake of the handler");
      return true;
    });
    const [dead] = await at.read(at.deadLetters, 1);
    assert.equal(dead?.headers.dead_letter_reason, "a mistake of the handler");
    await waitUntil(
      "the rest is handled",
      () => seen.at(-1),
      (number) => number === 1,
    );
    assert.deepEqual(seen, [0, 0, 0, 1]);
  });

  it("makes a dead letter of an event whose handler or decoder fails with anything at all", async () => {
    at = await createTopic();
    const odd = oddValues();
    await at.publish(
      eventsOf(
        odd.map(([what]) => what),
        2,
      ),
    );
    const oddValue = (key: string) => odd.find(([what]) => what === key)?.[1];
    const handled: string[] = [];
    // What an Error says of itself may pass: a registry that is away fails so.
    const isError = (key: string) => isInstance(oddValue(key), Error);
    at.consume(
      async ({ event }) => {
        if (event.number === 0) throw oddValue(event.aggregate_id);
        handled.push(event.aggregate_id);
        return true;
      },
      {
        concurrency: 100,
        decode: async (value) => {
          const event = JSON.parse(String(value)) as NumberedEvent;
          if (event.number === 1 && !isError(event.aggregate_id)) throw oddValue(event.aggregate_id);
          return event;
        },
      },
    );
    const errors = odd.filter(([what]) => isError(what)).length;
    const dead = await at.read(at.deadLetters, 2 * odd.length - errors);
    assert.ok(dead.every(({ headers }) => (headers.dead_letter_reason ?? "") !== ""));
    await waitUntil("the others are handled", () => new Set(handled).size === errors);
  }).timeout(60_000);

  it("bounds its memory, stays in the group and reports its lag while a handler is slow", async () => {
    at = await createTopic();
    const text = "x".repeat(10_000);
    for (let block = 0; block < 40; block++)
      await at.publish(eventsOf(["slow"], 100, block * 100).map((event) => ({ ...event, text })));
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const calls: number[] = [];
    const before = memory();
    at.consume(async ({ event }) => {
      calls.push(event.number);
      if (event.number === 0) await held;
      return true;
    });
    const startedAt = Date.now();
    // Longer than the group waits for a silent member.
    await waitUntil("a session has passed", () => Date.now() - startedAt > 7000);
    await waitUntil("its lag is known", () => at.metric("consumer_lag", { partition: "0" }));
    assert.equal(await at.metric("consumer_lag", { topic: at.topic, partition: "0" }), 4000);
    const grown = memory() - before;
    release();
    await waitUntil(
      "all are handled",
      () => calls.length,
      (length) => length >= 4000,
      30_000,
    );
    assert.deepEqual(calls, [...Array(4000).keys()]);
    assert.ok(grown < 20 << 20, `grew by ${Math.round(grown / 2 ** 20)} MiB of 40 that wait`);
  }).timeout(60_000);

  it("finishes and commits calls under way when it stops, and the next consumer continues there (SDG-1)", async () => {
    at = await createTopic();
    await at.publish(eventsOf(["a"], 50));
    const [started, finished, rest] = [[] as number[], [] as number[], [] as number[]];
    const consumer = at.consume(async ({ event }) => {
      started.push(event.number);
      await sleep(20);
      finished.push(event.number);
      return true;
    });
    await waitUntil("some are under way", () => started.length >= 5);
    await consumer.stop();
    assert.deepEqual(finished, started, "a call was not finished");
    assert.ok(finished.length < 50, "it handled all events before it stopped");
    assert.equal((await at.committed()).get(0), finished.length);
    at.consume(async ({ event }) => rest.push(event.number) > 0);
    await waitUntil(
      "the rest is handled",
      () => rest.length,
      (length) => length === 50 - finished.length,
    );
    assert.deepEqual([...finished, ...rest], [...Array(50).keys()]);
  });
});

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

/** Bytes in use after a garbage collection. */
function memory(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
