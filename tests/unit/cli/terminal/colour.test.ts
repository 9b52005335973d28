import assert from "node:assert/strict";
import { supportsColour } from "../../../../cli/terminal/colour.ts";

describe("colours on a terminal", () => {
  it("are used on a terminal only, and not with NO_COLOR", () => {
    const cases: [boolean | undefined, Record<string, string>, boolean][] = [
      [true, {}, true],
      [true, { NO_COLOR: "" }, true],
      [true, { NO_COLOR: "1" }, false],
      [undefined, {}, false],
    ];
    for (const [isTTY, environment, colours] of cases)
      assert.equal(supportsColour(isTTY === undefined ? {} : { isTTY }, environment), colours);
  });
});
