import assert from "node:assert/strict";
import { createTopicBackoff } from "@plinth/kit/outbox/topic-backoff.ts";

describe("topic backoff", () => {
  const { now } = performance;
  let elapsedMs = 0;
  beforeEach(() => {
    elapsedMs = 0;
    performance.now = () => elapsedMs;
  });
  afterEach(() => {
    performance.now = now;
  });

  it("lets a refused topic wait twice as long each time, up to 30 s", () => {
    const backoff = createTopicBackoff();
    for (const waitMs of [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]) {
      backoff.refuse("one");
      elapsedMs += waitMs - 1;
      assert.deepEqual(backoff.waiting(), ["one"], `before ${waitMs} ms`);
      elapsedMs += 1;
      assert.deepEqual(backoff.waiting(), [], `after ${waitMs} ms`);
      assert.equal(backoff.size, 1);
    }
  });

  it("starts again for a topic that the broker accepted", () => {
    const backoff = createTopicBackoff();
    backoff.refuse("one");
    backoff.refuse("one");
    backoff.clear("one");
    assert.equal(backoff.size, 0);
    backoff.refuse("one");
    elapsedMs = 1000;
    assert.deepEqual(backoff.waiting(), []);
  });
});
