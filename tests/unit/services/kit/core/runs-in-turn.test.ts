import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { createRunsInTurn } from "@plinth/kit/core/runs-in-turn.ts";

describe("runs in turn", () => {
  it("run once at a time, and give nobody an answer from before the question", async () => {
    let running = 0;
    let runs = 0;
    const ask = createRunsInTurn(async () => {
      const run = ++runs;
      assert.equal(++running, 1);
      await sleep(5);
      running--;
      if (run === 2) throw new Error("of the second");
      return run;
    });
    const outcomes = await Promise.allSettled([ask(), ask(), ask()]);
    assert.equal(outcomes[0]?.status === "fulfilled" && outcomes[0].value, 1);
    for (const outcome of outcomes.slice(1)) assert.equal(outcome.status, "rejected");
    assert.equal(await ask(), 3);
    assert.deepEqual(await Promise.all(Array.from({ length: 50 }, ask)), [4, ...Array(49).fill(5)]);
    assert.equal(runs, 5);
  });
});
