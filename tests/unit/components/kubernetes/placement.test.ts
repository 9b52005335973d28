import assert from "node:assert/strict";
import { disruptionBudget } from "../../../../components/kubernetes/placement.ts";

describe("a disruption budget", () => {
  it("allows one eviction at a time, and does not exist for a single pod, which would block node drains", () => {
    assert.equal(disruptionBudget("redis", 1), undefined);
    assert.deepEqual(disruptionBudget("redis", 3), {
      maxUnavailable: 1,
      selector: { matchLabels: { "app.kubernetes.io/name": "redis" } },
    });
  });
});
