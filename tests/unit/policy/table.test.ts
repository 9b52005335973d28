import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { root } from "@plinth/local/locations.ts";
import { renderPolicyTable } from "@plinth/policy/table.ts";

describe("the table of policies in docs/review.md (PLT-8)", () => {
  const page = readFileSync(`${root}/docs/review.md`, "utf8");

  it("lists every policy of the pack; otherwise run 'node policy/table.ts'", () => {
    assert.equal(page, renderPolicyTable(page));
    assert.match(page, /^\| `non-root` \| pods and namespaces that are not `restricted`/m);
  });

  it("is refused when its markers are gone", () => {
    assert.throws(() => renderPolicyTable("# Reviews"), /has lost the marks around its table/);
  });
});
