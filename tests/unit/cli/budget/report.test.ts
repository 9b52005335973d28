import assert from "node:assert/strict";
import { clouds } from "../../../../cli/budget/prices.ts";
import { createBudgetReport } from "../../../../cli/budget/report.ts";
import { footprintOf } from "../../../support/footprint.ts";

const Gi = 2 ** 30;

describe("the budget's report (SHOP-10)", () => {
  const footprint = footprintOf({ volumes: [10 * Gi] }, { loadBalancers: 1 });

  it("shows workloads, sums, an estimate for each cloud, and the prices' dates", () => {
    const { text, withinLimit } = createBudgetReport("dev", footprint, 5 * Gi);
    assert.equal(withinLimit, true);
    assert.match(text, /^api +Deployment +1–4 +1 +1 GiB +1 GiB +1 × 10 GiB$/m);
    assert.match(text, /^all, at rest +1 +1 +1 GiB +1 GiB +10 GiB$/m);
    assert.match(text, /^all, at most +4 +4 +4 GiB +4 GiB +10 GiB$/m);
    for (const { name, region } of clouds) assert.match(text, new RegExp(`^${name}, ${region} +at rest +1 × `, "m"));
    assert.match(text, /^Google Cloud.* not priced /m);
    assert.match(text, /list prices of 20\d\d-\d\d-\d\d to 20\d\d-\d\d-\d\d/);
    assert.match(text, /It requests 4 GiB of the 5 GiB \(5\.\d+ GB\) of memory that stack dev may request\.$/);
  });

  it("says what to do when the stack requests too much", () => {
    const { text, withinLimit } = createBudgetReport("dev", footprint, 3e9);
    assert.equal(withinLimit, false);
    assert.match(text, /It requests 4 GiB of the 2\.8 GiB \(3 GB\) .* may request: lower requests/);
  });

  it("names stacks without a limit", () => {
    const { text, withinLimit } = createBudgetReport("prod", footprint, undefined);
    assert.equal(withinLimit, true);
    assert.match(text, /Stack prod has no limit\.$/);
  });
});
