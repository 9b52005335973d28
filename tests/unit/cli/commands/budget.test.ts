import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { root } from "@plinth/local/locations.ts";
import { memoryLimits } from "../../../../cli/budget/memory-limits.ts";

function budget(stack: string): string {
  return execFileSync("make", ["-s", "budget", `STACK=${stack}`], { cwd: root, encoding: "utf8" });
}

describe("make budget (SHOP-10)", () => {
  it("fits dev into 4 GB of requests, every pod and job counted", () => {
    assert.equal(memoryLimits.dev, 4e9);
    assert.match(
      budget("dev"),
      /It requests [\d.]+ GiB of the 3\.7 GiB \(4 GB\) of memory that stack dev may request\.\n$/,
    );
  });

  it("estimates prod on each cloud", () => {
    const text = budget("prod");
    for (const cloud of ["AWS", "Google Cloud", "Azure"])
      assert.match(text, new RegExp(`^${cloud}, \\S+ +at most +\\d+ × .* \\d{3,}$`, "m"));
  });
});
