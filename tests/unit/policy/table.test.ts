import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { root } from "@plinth/local/locations.ts";
import { renderPolicyTable } from "@plinth/policy/table.ts";

describe("the page on reviews (PLT-8)", () => {
  const page = readFileSync(`${root}/docs/review.md`, "utf8");

  it("lists every policy as the pack has it; otherwise run 'node policy/table.ts'", () => {
    assert.equal(page, renderPolicyTable(page));
    assert.match(page, /^\| `non-root` \| pods and namespaces that are not what Pod Security calls restricted/m);
  });

  it("says when its marks are gone", () => {
    assert.throws(() => renderPolicyTable("# Reviews"), /has lost the marks around its table/);
  });
});
