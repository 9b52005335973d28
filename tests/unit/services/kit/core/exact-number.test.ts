import assert from "node:assert/strict";
import { isExactNumber } from "@plinth/kit/core/exact-number.ts";

describe("the exact text of a number", () => {
  for (const text of [
    "0",
    "-0",
    "0.0",
    "0e999999",
    "1",
    "-1",
    "1.0",
    "100e-2",
    "1E2",
    "0.1",
    "1e21",
    "1e+21",
    "1.5e300",
    "5e-324",
  ])
    it(`is ${text}`, () => assert.equal(isExactNumber(text), true));
  for (const text of ["9007199254740991", "9007199254740992", "1152921504606847000", "123456789012345680000"])
    it(`is ${text}, of many digits`, () => assert.equal(isExactNumber(text), true));

  for (const text of [
    "0.99999999999999999",
    "10000000000.0000000001",
    "9007199254740993",
    "1e400",
    "-1e400",
    "1e-400",
    "1e-99999999999999999999999",
    "0.1000000000000000000001",
    "2.5000000000000000000001",
  ])
    it(`is not ${text}`, () => assert.equal(isExactNumber(text), false));

  it("is judged in a time that grows with its length, however many zeros are within", () => {
    const startedAt = performance.now();
    assert.equal(isExactNumber(`0.1${"0".repeat(500_000)}1`), false);
    const ms = performance.now() - startedAt;
    assert.ok(ms < 1000, `${ms} ms`);
  });

  it("is that of every number that JavaScript writes", () => {
    const view = new DataView(new ArrayBuffer(8));
    for (let index = 0; index < 20_000; index++) {
      view.setUint32(0, (index * 2_654_435_761) >>> 0);
      view.setUint32(4, (index * 40_503 * 65_537) >>> 0);
      const number = view.getFloat64(0);
      if (Number.isFinite(number)) assert.equal(isExactNumber(String(number)), true, String(number));
    }
  });
});
