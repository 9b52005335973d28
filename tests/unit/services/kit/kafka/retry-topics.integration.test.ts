import assert from "node:assert/strict";
import { PoisonEvent } from "@plinth/kit/kafka/received-event.ts";
import { createRetryStages } from "@plinth/kit/kafka/retry-topics.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import {
  createTopic,
  eventsOf,
  type NumberedEvent,
  record,
  type TestTopic,
} from "../../../../support/kit/test-topic.ts";

const FIRST_MS = 100;

describe("retry topics", () => {
  let at: TestTopic;
  const stages = () => createRetryStages([`${at.topic}_RETRY_1`, `${at.topic}_RETRY_2`], FIRST_MS);
  beforeEach(async () => {
    at = await createTopic({ more: ["_RETRY_1", "_RETRY_2"] });
  });
  afterEach(() => at.close());

  it("delays a failed event longer each time while others go on, and gives up with the reason (SDG-6)", async () => {
    await at.publish(eventsOf(["a"], 3));
    const attempts: { number: number; at: number }[] = [];
    at.consume(
      async ({ event: { number } }) => {
        attempts.push({ number, at: Date.now() });
        if (number === 1) throw new Error(`failed for the ${attempts.filter((one) => one.number === 1).length}. time`);
        return true;
      },
      { retryStages: stages() },
    );
    const [dead] = await at.read(at.deadLetters, 1);
    const failed = attempts.filter(({ number }) => number === 1).map((one) => one.at) as [number, number, number];
    assert.equal(failed.length, 3);
    assert.ok(failed[1] - failed[0] >= FIRST_MS, `the second attempt came after ${failed[1] - failed[0]} ms`);
    assert.ok(failed[2] - failed[1] >= 10 * FIRST_MS, `the third attempt came after ${failed[2] - failed[1]} ms`);
    // Retry stages let later events of the key overtake it.
    assert.deepEqual(
      attempts.map(({ number }) => number),
      [0, 1, 2, 1, 1],
    );
    const { headers, event } = dead!;
    assert.equal(event?.number, 1);
    assert.deepEqual(headers, {
      tenant_id: "1",
      dead_letter_group: at.group,
      dead_letter_topic: at.topic,
      dead_letter_partition: "0",
      dead_letter_offset: "1",
      dead_letter_attempts: "3",
      dead_letter_reason: "failed for the 3. time",
    });
    assert.equal(await at.metric("consumer_events_total", { topic: at.topic, result: "retried" }), 1);
    assert.equal(await at.metric("consumer_events_total", { topic: `${at.topic}_RETRY_2`, result: "dead_letter" }), 1);
    const [waited] = await at.read(`${at.topic}_RETRY_2`, 1);
    assert.deepEqual(
      [
        waited?.headers.retry_attempts,
        waited?.headers.retry_topic,
        waited?.headers.retry_offset,
        waited?.headers.retry_reason,
      ],
      ["2", at.topic, "1", "failed for the 2. time"],
    );
    assert.ok(Number(waited?.headers.retry_due) >= failed[1] + 10 * FIRST_MS);
  });

  it("applies an event that succeeds on a later attempt, without a dead letter", async () => {
    await at.publish(eventsOf(["a"], 1));
    let attempts = 0;
    at.consume(
      async () => {
        if (++attempts === 1) throw new Error("not yet");
        return true;
      },
      { retryStages: stages() },
    );
    await waitUntil("it is applied", () =>
      at.metric("consumer_events_total", { topic: `${at.topic}_RETRY_1`, result: "applied" }),
    );
    assert.equal(attempts, 2);
    assert.equal(await at.metric("consumer_events_total", { result: "dead_letter" }), undefined);
  });

  it("makes poison a dead letter at once, despite stages", async () => {
    await at.publish(eventsOf(["a"], 1));
    at.consume(async () => Promise.reject(new PoisonEvent("no retry helps")), { retryStages: stages() });
    const [dead] = await at.read(at.deadLetters, 1);
    assert.deepEqual([dead?.headers.dead_letter_attempts, dead?.headers.dead_letter_reason], ["1", "no retry helps"]);
  });

  it("ignores what another group of the topic retries", async () => {
    const [theirs, ours] = eventsOf(["a", "b"], 1) as [NumberedEvent, NumberedEvent];
    const stage = stages()[0]!;
    const aside = (group: string) => ({
      retry_attempts: "1",
      retry_due: "0",
      retry_group: group,
      retry_topic: at.topic,
      retry_partition: "0",
      retry_offset: "0",
    });
    await at.bus.publish([
      { ...record(stage.topic, theirs), headers: aside("another-group") },
      { ...record(stage.topic, ours), headers: aside(at.group) },
    ]);
    const seen: string[] = [];
    at.consume(async ({ event }) => seen.push(event.id) > 0, { retryStages: stages() });
    await waitUntil("ours is handled", () => seen.length > 0);
    assert.deepEqual(seen, [ours.id]);
  });

  it("believes such headers in its retry topics only", async () => {
    const [event] = eventsOf(["a"], 1) as [NumberedEvent];
    const headers = {
      ...{ retry_attempts: "99", retry_due: "0", retry_group: "another-group" },
      ...{ retry_topic: "elsewhere", retry_partition: "7", retry_offset: "7" },
    };
    await at.bus.publish([{ ...record(at.topic, event), headers }]);
    let attempts = 0;
    at.consume(async () => (attempts++ === 0 ? Promise.reject(new Error("once")) : true), { retryStages: stages() });
    await waitUntil("it is applied", () =>
      at.metric("consumer_events_total", { topic: `${at.topic}_RETRY_1`, result: "applied" }),
    );
    assert.equal(attempts, 2);
  });

  it("waits no longer than the stage, whatever the headers say, and once for all records", async () => {
    const stage = stages()[1]!;
    const due = [Date.now() + 2 ** 31 + 60_000, Number.MAX_SAFE_INTEGER, "Infinity", "1e300", "never"];
    const events = eventsOf(["a"], 2 * due.length);
    const aside = (index: number) => ({
      retry_attempts: "2",
      retry_due: String(due[index % due.length]),
      retry_group: at.group,
    });
    const published = performance.now();
    await at.bus.publish(events.map((event, index) => ({ ...record(stage.topic, event), headers: aside(index) })));
    const seen: { number: number; ms: number }[] = [];
    at.consume(async ({ event: { number } }) => seen.push({ number, ms: performance.now() - published }) > 0, {
      retryStages: stages(),
    });
    await waitUntil(
      "all are handled",
      () => seen.length,
      (length) => length === events.length,
    );
    assert.deepEqual(
      seen.map(({ number }) => number),
      events.map(({ number }) => number),
    );
    const [first, last] = [seen[0]!.ms, seen.at(-1)!.ms];
    assert.ok(first >= stage.delayMs, `the first was tried after ${first} ms`);
    assert.ok(last - first < stage.delayMs, `the last was tried ${last - first} ms after the first`);
  });
});
