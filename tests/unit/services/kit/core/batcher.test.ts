import assert from "node:assert/strict";
import { createBatcher } from "@plinth/kit/core/batcher.ts";

describe("batcher", () => {
  /** A receiver that answers only when told. */
  function receiver() {
    const sent: { items: readonly number[]; answer: (error?: Error) => void }[] = [];
    const send = (items: readonly number[]) =>
      new Promise<void>((resolve, reject) => {
        sent.push({ items, answer: (error) => (error ? reject(error) : resolve()) });
      });
    return { sent, send };
  }

  const settings = {
    maxBatchItems: 5,
    lingerMs: 0,
    maxQueuedItems: 10,
    overflowError: () => new Error("refused"),
    isSharedFailure: () => false,
  };
  const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

  it("sends calls of one moment together, and collects the next batch in order meanwhile", async () => {
    const { sent, send } = receiver();
    const { add } = createBatcher({ ...settings, send });
    const calls = [add([1]), add([2, 3])];
    await turn();
    calls.push(add([4]), add([5, 6]));
    await turn();
    assert.deepEqual(
      sent.map(({ items }) => items),
      [[1, 2, 3]],
    );
    sent[0]?.answer();
    await turn();
    sent[1]?.answer();
    await Promise.all(calls);
    assert.deepEqual(
      sent.map(({ items }) => items),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    );
  });

  it("splits no call, even one larger than a batch", async () => {
    const { sent, send } = receiver();
    const { add } = createBatcher({ ...settings, send });
    void add([1, 2, 3]);
    void add([4, 5, 6]);
    void add([1, 2, 3, 4]);
    await turn();
    sent[0]?.answer();
    await turn();
    assert.deepEqual(
      sent.map(({ items }) => items),
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
    );
  });

  it("fails the whole faulty call alone, and all calls when no single one is faulty", async () => {
    const failing = async (items: readonly number[]) => {
      if (items.includes(0)) throw new Error("0 cannot be sent");
    };
    const one = createBatcher({ ...settings, send: failing });
    const outcomes = await Promise.allSettled([one.add([1]), one.add([2, 0]), one.add([3])]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    const away = createBatcher({ ...settings, send: failing, isSharedFailure: () => true });
    const all = await Promise.allSettled([away.add([1]), away.add([0])]);
    assert.deepEqual(
      all.map(({ status }) => status),
      ["rejected", "rejected"],
    );
  });

  it("rejects a call beyond the limit at once, and takes calls again when there is room", async () => {
    const { sent, send } = receiver();
    const { add } = createBatcher({ ...settings, send });
    const first = add([1]);
    await turn();
    const waiting = add([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    await assert.rejects(add([1, 2]), /refused/);
    sent[0]?.answer();
    await first;
    await turn();
    sent[1]?.answer();
    await waiting;
    const later = add([1]);
    await turn();
    sent[2]?.answer();
    await later;
  });

  it("lingers for its setting, and sends the queue when it closes", async () => {
    const { sent, send } = receiver();
    const batching = createBatcher({ ...settings, send, lingerMs: 30 });
    const calls = [batching.add([1])];
    await turn();
    assert.equal(sent.length, 0);
    calls.push(batching.add([2]));
    const closed = batching.close();
    while (sent.length === 0) await turn();
    sent[0]?.answer();
    await Promise.all([...calls, closed]);
    assert.deepEqual(sent[0]?.items, [1, 2]);
    await assert.rejects(batching.add([3]), /refused/);
  });
});
