import assert from "node:assert/strict";
import { runProgram } from "../../support/program-run/run-program.ts";

describe("the program with many services", () => {
  it("registers nine resources for each, and no others for their number", async () => {
    const [ten, hundred] = [await runProgram("dev", 10), await runProgram("dev", 100)];
    const each = (hundred.resources - ten.resources) / 90;
    assert.equal(each, 9);
    assert.equal(ten.resources - 10 * each, (await runProgram("dev", 1)).resources - each);
  });
});
