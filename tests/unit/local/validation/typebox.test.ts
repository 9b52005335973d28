import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { globSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

const folder = join(root, "node_modules/.cache/plinth");
const script = `
  const { findMistakes } = await import("./local/validation/check.ts");
  const { wholeNumber } = await import("./local/validation/rules.ts");
  console.log(findMistakes(wholeNumber(1, 9), 0, { where: "x" })[0]);
`;

function run(more: Record<string, string> = {}) {
  const options = { cwd: root, encoding: "utf8" as const, env: { ...process.env, ...more } };
  const { stdout, stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], options);
  assert.equal(status, 0, stderr);
  return stdout.trim();
}

describe("TypeBox", () => {
  it("is bundled into one file by the first process that needs it, and used from there", () => {
    for (const file of globSync(join(folder, "typebox-*"))) rmSync(file);
    assert.equal(run(), "x is 0, but must be a whole number from 1 to 9");
    assert.equal(globSync(join(folder, "typebox-*.mjs")).length, 1);
    assert.equal(run(), "x is 0, but must be a whole number from 1 to 9");
  });
});
