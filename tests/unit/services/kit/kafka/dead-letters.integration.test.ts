import assert from "node:assert/strict";
import { PoisonEvent } from "@plinth/kit/kafka/received-event.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import {
  createTopic,
  eventsOf,
  type NumberedEvent,
  record,
  type TestTopic,
} from "../../../../support/kit/test-topic.ts";

/** A dead letter that the broker refuses would block its partition for ever. */
describe("dead letters", () => {
  let at: TestTopic;
  beforeEach(async () => {
    at = await createTopic();
  });
  afterEach(() => at.close());
  const handled = (count: number) =>
    waitUntil(
      "the rest is handled",
      () => at.committed(),
      (offsets) => offsets.get(0) === count,
    );

  it("truncate a reason that repeats a large value (SDG-6)", async () => {
    await at.publish(eventsOf(["a"], 2));
    at.consume(async ({ event: { number } }) => {
      if (number === 0) throw new PoisonEvent(`this makes no sense: ${"x".repeat(2_000_000)}`);
      return true;
    });
    const [dead] = await at.read(at.deadLetters, 1);
    assert.match(dead?.headers.dead_letter_reason ?? "", /^this makes no sense: x{900,1000}…$/);
    await handled(2);
  });

  it("drop the value of a record without room for the reason, and say where it is", async () => {
    const [large, small] = eventsOf(["a"], 2) as [NumberedEvent, NumberedEvent];
    const empty = JSON.stringify({ ...large, text: "" }).length;
    // As much as a broker takes of 1 MiB and 12 bytes.
    await at.publish([{ ...large, text: "x".repeat(1_048_450 - empty) }]);
    await at.publish([small]);
    at.consume(async ({ event: { number } }) => {
      if (number === 0) throw new PoisonEvent("y".repeat(500));
      return true;
    });
    const [dead] = await at.read(at.deadLetters, 1);
    assert.equal(dead?.event, null);
    assert.deepEqual(
      [dead?.headers.dead_letter_value, dead?.headers.dead_letter_offset],
      ["too large; it is where it was read", "0"],
    );
    await handled(2);
  });

  for (const part of ["key", "headers"] as const)
    it(`drop all of a record whose ${part} alone leave no room for the reason`, async () => {
      const [large, small] = eventsOf(["a"], 2) as [NumberedEvent, NumberedEvent];
      const text = "x".repeat(1_048_300 - JSON.stringify(large).length);
      const plain = record(at.topic, large);
      await at.bus.publish([part === "key" ? { ...plain, key: text } : { ...plain, headers: { note: text } }]);
      await at.publish([small]);
      at.consume(async ({ event: { number } }) => {
        if (number === 0) throw new PoisonEvent("y".repeat(500));
        return true;
      });
      const [dead] = await at.read(at.deadLetters, 1);
      assert.equal(dead?.event, null);
      assert.deepEqual([dead?.headers.dead_letter_offset, dead?.headers.note], ["0", undefined]);
      await handled(2);
    });

  it("keep headers that are not text", async () => {
    const [event] = eventsOf(["a"], 1) as [NumberedEvent];
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    await at.bus.publish([{ ...record(at.topic, event), headers: { tenant_id: "1", bytes } }]);
    at.consume(async () => {
      throw new PoisonEvent("no");
    });
    const seen: unknown[] = [];
    const reader = at.bus.client.consumer({ groupId: `${at.group}-reader`, maxWaitTimeInMs: 100 });
    await reader.connect();
    await reader.subscribe({ topics: [at.deadLetters], fromBeginning: true });
    await reader.run({ eachMessage: async ({ message }) => void seen.push(message.headers?.bytes) });
    await waitUntil("there is a dead letter", () => seen.length === 1);
    await reader.disconnect();
    assert.deepEqual(seen, [bytes]);
  });
});
