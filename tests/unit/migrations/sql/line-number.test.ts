import assert from "node:assert/strict";
import { lineNumberAt } from "@plinth/migrations/sql/line-number.ts";

describe("line numbers", () => {
  it("count lines and characters from 1", () =>
    assert.deepEqual(
      [1, 2, 3, 4].map((character) => lineNumberAt("a\nb\n", character)),
      [1, 1, 2, 2],
    ));
});
