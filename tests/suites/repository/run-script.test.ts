import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";

describe("the first command on a fresh machine", () => {
  let clone: string;
  let programs: string;

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), "plinth-run-"));
    programs = join(clone, "programs");
    for (const folder of ["cli/commands", "programs"]) mkdirSync(join(clone, folder), { recursive: true });
    copyFileSync(join(root, "cli/run"), join(clone, "cli/run"));
    writeFileSync(join(clone, "package-lock.json"), "{}");
    writeFileSync(
      join(clone, "cli/commands/hello.ts"),
      "const word: string = process.argv[2] ?? '';\nconsole.log('ran', word);\n",
    );
    for (const name of ["sh", "cmp", "cp", "dirname", "mkdir"])
      symlinkSync(spawnSync("which", [name], { encoding: "utf8" }).stdout.trim(), join(programs, name));
  });
  afterEach(() => rmSync(clone, { recursive: true }));

  const program = (name: string, script: string) => {
    writeFileSync(join(programs, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(programs, name), 0o755);
  };
  const run = () =>
    spawnSync("sh", ["cli/run", "hello", "world"], {
      cwd: clone,
      env: { PATH: programs, HOME: clone },
      encoding: "utf8",
    });

  it("says what to type when Node is missing", () => {
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.equal(
      stderr,
      "Node is missing. Type: apt-get install -y nodejs npm   (or install Node 18 or later from your package manager)\n",
    );
  });

  it("refuses a Node that is too old in one sentence", () => {
    program("npm", "exit 0");
    program("node", 'case "$1" in -p) echo 16;; *) echo v16.20.2;; esac');
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.equal(
      stderr,
      "Node v16.20.2 is too old to fetch the project's own: at least 18 is needed. Install a newer one with your package manager.\n",
    );
  });

  it("fetches the packages once, then runs the tool", () => {
    program("npm", `echo "$*" >> ${join(clone, "npm-calls")}; mkdir -p node_modules`);
    symlinkSync(process.execPath, join(programs, "node"));
    assert.equal(run().stdout, "ran world\n");
    assert.equal(run().stdout, "ran world\n");
    assert.deepEqual(readFileSync(join(clone, "npm-calls"), "utf8").split("\n").length, 2, "npm was called once");
  });

  it("fetches again when the lockfile has changed", () => {
    program("npm", `echo "$*" >> ${join(clone, "npm-calls")}; mkdir -p node_modules`);
    symlinkSync(process.execPath, join(programs, "node"));
    run();
    writeFileSync(join(clone, "package-lock.json"), '{"changed":true}');
    run();
    assert.equal(readFileSync(join(clone, "npm-calls"), "utf8").trim().split("\n").length, 2);
  });

  it("fetches again after an incomplete fetch", () => {
    program("npm", "mkdir -p node_modules; exit 1");
    symlinkSync(process.execPath, join(programs, "node"));
    const { status, stderr } = run();
    assert.equal(status, 1);
    assert.match(stderr, /The npm packages could not be fetched: see the lines above, then run this again/);
    assert.equal(existsSync(join(clone, "node_modules/.plinth-lock")), false);
  });
});
