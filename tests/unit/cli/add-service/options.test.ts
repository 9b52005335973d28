import assert from "node:assert/strict";
import { parseOptions } from "../../../../cli/add-service/options.ts";

const off = { kustomize: false, yes: false, dryRun: false, force: false };

describe("the variables of make add-service (INF-14)", () => {
  it("are off, or left out, unless given", () => assert.deepEqual(parseOptions([]), off));

  it("are taken by their types, and an empty one counts as left out", () =>
    assert.deepEqual(parseOptions(["PATH=../a=b", "PORT=8500", "NEEDS=database, cache", "DRY_RUN=1", "LANG="]), {
      ...off,
      path: "../a=b",
      port: 8500,
      needs: ["database", "cache"],
      dryRun: true,
    }));

  for (const [args, sentence] of [
    [["DRYRUN=1"], /^'DRYRUN' is not a variable of add-service \(did you mean 'DRY_RUN'\?\); it takes PATH, URL, /],
    [["constructor=1"], /^'constructor' is not a variable of add-service; it takes PATH/],
    [["../orders"], /^'\.\.\/orders' is not a setting: write NAME=value$/],
    [["PORT=http"], /^PORT is 'http', but must be a port's number$/],
    [["PORT=123456"], /^PORT is 123456, but must be a port's number$/],
    [["LANG=rust"], /^LANG is 'rust', but must be 'node' or /],
    [["YES=maybe"], /^YES is 'maybe', but must be 0 or 1$/],
    [["URL=x", "PATH=y"], /^URL names the repository of an existing service: leave out PATH$/],
    [["NEW=go"], /^A new service needs a name: add NAME=…$/],
    [["NEW=go", "NAME=a", "NEEDS=cache"], /^NEEDS is for existing code: leave it out/],
  ] as const)
    it(`are refused: ${args.join(" ")}`, () =>
      assert.throws(() => parseOptions(args), { name: "", stack: "", message: sentence }));
});
