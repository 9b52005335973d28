import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";

describe("make test", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-test-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const run = (suites: Record<string, string>) => {
    for (const [name, source] of Object.entries(suites)) {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, "it.test.ts"), source);
    }
    const named = Object.keys(suites).map((name) => join(relative(root, folder), name));
    const { status, stdout } = spawnSync(process.execPath, [join(root, "dev/test.ts"), ...named], {
      cwd: root,
      encoding: "utf8",
    });
    return { status, lines: stdout.trimEnd().split("\n") };
  };

  it("counts every suite in one plain last line", () => {
    const { status, lines } = run({
      one: 'it("holds", () => {});',
      two: 'it("holds", () => {}); it.skip("waits", () => {});',
    });
    assert.equal(lines.at(-1), "2 passed, 0 failed, 1 skipped");
    assert.equal(status, 0);
  });

  it("repeats the failures and their reasons at the end", () => {
    const { status, lines } = run({
      one: 'describe("a noun", () => { it("breaks", () => { throw new Error("three is not four"); }); });',
      two: 'it("holds", () => {});',
    });
    const end = lines.slice(lines.indexOf("FAILED"));
    assert.match(end[1]!, /one$/);
    assert.deepEqual(
      end.slice(2).map((line) => line.trim()),
      ["1) a noun", "breaks:", "Error: three is not four", "", "1 passed, 1 failed"],
    );
    assert.equal(status, 1);
  });

  it("counts a suite that ends without a summary as failed", () => {
    const { status, lines } = run({ one: "process.exit(0);" });
    assert.match(lines.at(-3)!, /one ended without a summary$/);
    assert.equal(lines.at(-1), "0 passed, 1 failed");
    assert.equal(status, 1);
  });
});
