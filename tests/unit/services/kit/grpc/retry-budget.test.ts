import assert from "node:assert/strict";
import { createRetryBudget } from "@plinth/kit/grpc/retry-budget.ts";

describe("retry budget", () => {
  it("saves up no more than the reserve", () => {
    const budget = createRetryBudget(0.1, 3);
    for (let call = 0; call < 1000; call++) budget.recordCall();
    assert.deepEqual([1, 2, 3, 4].map(budget.tryTake), [true, true, true, false]);
    for (let call = 0; call < 10; call++) budget.recordCall();
    assert.deepEqual([budget.tryTake(), budget.tryTake()], [true, false]);
  });
});
