import assert from "node:assert/strict";
import { diffLines } from "@plinth/local/page/browser/schemas/line-diff.ts";

const SIGNS = { same: " ", added: "+", removed: "-" };
const diff = (before: string, after: string) => diffLines(before, after).map(({ kind, text }) => SIGNS[kind] + text);

describe("the difference of two texts", () => {
  it("has a line for each one that is added or removed", () => {
    assert.deepEqual(diff("a\nb\nc\nd", "a\nx\nc\nd\ne"), [" a", "-b", "+x", " c", " d", "+e"]);
  });

  it("has no added or removed line for equal texts", () => {
    assert.ok(diffLines("a\nb", "a\nb").every(({ kind }) => kind === "same"));
  });

  it("does not repeat a line that is both at the start and at the end", () => {
    assert.deepEqual(diff("a", "a\na"), [" a", "+a"]);
  });

  it("takes texts that are too large to compare line by line", () => {
    const lines = (prefix: string) => Array.from({ length: 3_000 }, (_, index) => `${prefix} ${index}`).join("\n");
    assert.equal(diffLines(lines("a"), lines("b")).length, 6_000);
  });
});
