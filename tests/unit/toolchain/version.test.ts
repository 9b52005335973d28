import assert from "node:assert/strict";
import { isAtLeast } from "@plinth/toolchain/version.ts";

describe("versions", () => {
  for (const [a, b, want] of [
    ["3.255.0", "3.200.0", true],
    ["3.9.0", "3.200.0", false],
    ["17.0.15", "17", true],
    ["22.18", "22.18.0", true],
    ["11.0.2", "17", false],
  ] as const) {
    it(`${a} is ${want ? "" : "not "}at least ${b}`, () => assert.equal(isAtLeast(a, b), want));
  }
});
