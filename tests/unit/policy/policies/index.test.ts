import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { policies } from "@plinth/policy/policies/index.ts";

describe("the policies of the pack (PLT-8, SHOP-7)", () => {
  it("each have a test file", () =>
    assert.deepEqual(
      readdirSync(import.meta.dirname)
        .filter((file) => file !== "index.test.ts")
        .sort(),
      policies.map(({ name }) => `${name}.test.ts`).sort(),
    ));
});
