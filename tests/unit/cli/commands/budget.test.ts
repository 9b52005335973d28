import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { root } from "@plinth/local/locations.ts";
import { measureFootprint } from "../../../../cli/budget/footprint.ts";
import { memoryLimits } from "../../../../cli/budget/memory-limits.ts";
import { createBudgetReport } from "../../../../cli/budget/report.ts";
import { recordStack, redactSecrets } from "../../../support/program/record.ts";

function budget(stack: string): string {
  return execFileSync("make", ["-s", "budget", `STACK=${stack}`], { cwd: root, encoding: "utf8" });
}

describe("make budget (SHOP-10)", () => {
  it("fits dev into 4 GB of requests, every pod and job counted", async () => {
    assert.equal(memoryLimits.dev, 4e9);
    const resources = redactSecrets(await recordStack("dev"));
    const footprint = measureFootprint(resources.map(({ type, name, inputs }) => ({ type, name, props: inputs })));
    const { text, withinLimit } = createBudgetReport("dev", footprint, memoryLimits.dev);
    assert.ok(withinLimit);
    assert.match(text, /It requests [\d.]+ GiB of the 3\.7 GiB \(4 GB\) of memory that stack dev may request\.$/);
  });

  it("estimates prod on each cloud", () => {
    const text = budget("prod");
    for (const cloud of ["AWS", "Google Cloud", "Azure"])
      assert.match(text, new RegExp(`^${cloud}, \\S+ +at most +\\d+ × .* \\d{3,}$`, "m"));
  });
});
