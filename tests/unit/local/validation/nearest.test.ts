import assert from "node:assert/strict";
import { suggestName } from "@plinth/local/validation/nearest.ts";

const known = ["port", "namespace", "portOffset", "memoryMiB", "tls"];

describe("the suggestion for a misspelt name", () => {
  for (const [name, suggested] of [
    ["prot", "port"],
    ["Port", "port"],
    ["namespce", "namespace"],
    ["portOfset", "portOffset"],
    ["memory", "memoryMiB"],
    ["tsl", undefined],
    ["replicas", undefined],
    ["", undefined],
    ["x".repeat(10_000), undefined],
  ] as const)
    it(`is ${suggested ?? "left out"} for '${name.slice(0, 20)}'`, () =>
      assert.equal(suggestName(name, known), suggested === undefined ? "" : ` (did you mean '${suggested}'?)`));
});
