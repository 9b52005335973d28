import assert from "node:assert/strict";
import { isBeyond } from "@plinth/local/page/browser/metrics/beyond.ts";

describe("a value beside its threshold", () => {
  it("is bad above it, or below it where the panel says so", () => {
    assert.deepEqual(
      [1, 2, 3].map((value) => isBeyond({ threshold: 2 }, value)),
      [false, false, true],
    );
    assert.deepEqual(
      [-1, 0, 1].map((value) => isBeyond({ threshold: 0, bad: "below" }, value)),
      [true, false, false],
    );
  });

  it("is never bad without a threshold or a value", () => {
    assert.equal(isBeyond({}, 5), false);
    assert.equal(isBeyond({ threshold: 1 }, null), false);
  });
});
