import assert from "node:assert/strict";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { biomePaths, typesConfig } from "../../../dev/own-sources.ts";
import { temporaryFolder, writeFiles } from "../../support/sample-repositories.ts";

describe("what make check looks at", () => {
  const base = temporaryFolder();
  after(() => rmSync(base, { recursive: true }));

  it("is everything of this repository, without services that build by themselves", () => {
    writeFiles(base, { "index.ts": "", "cli/run": "", "services/kit/a.ts": "", "services/wallet/plinth.json": "{}" });
    assert.deepEqual(biomePaths(base), []);
    assert.equal(typesConfig(base), "tsconfig.json");
    writeFiles(base, { "services/adopted/Dockerfile": "", "services/adopted/index.js": "" });
    assert.deepEqual(biomePaths(base).sort(), ["cli", "index.ts", "services/kit", "services/wallet"]);
    const config = JSON.parse(readFileSync(join(base, typesConfig(base)), "utf8")) as { exclude: string[] };
    assert.ok(config.exclude.includes("../services/adopted"));
  });
});
