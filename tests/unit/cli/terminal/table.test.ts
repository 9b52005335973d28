import assert from "node:assert/strict";
import { formatTable } from "../../../../cli/terminal/table.ts";

describe("a table on the terminal", () => {
  it("aligns its columns", () => {
    assert.equal(
      formatTable(
        ["a", "long"],
        [
          ["xyz", "1"],
          ["x", "22"],
        ],
      ),
      "a    long\n---  ----\nxyz  1\nx    22",
    );
  });
});
