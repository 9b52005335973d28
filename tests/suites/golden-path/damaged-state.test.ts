import assert from "node:assert/strict";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../../support/stack/stack.ts";

describe("a stack whose state file is damaged (PLT-10)", function () {
  this.timeout(60_000);
  let stack: Stack;
  let file: string;
  let whole: string;
  before(async () => {
    stack = await Stack.create();
    await stack.shell("pulumi stack tag ls; pulumi stack ls");
    file = join(stack.root, ".plinth/state/.pulumi/stacks/plinth/local.json");
    whole = readFileSync(file, "utf8");
  });
  afterEach(() => {
    rmSync(file, { recursive: true, force: true });
    writeFileSync(file, whole);
  });
  after(() => stack.destroy());

  const commands = ["up", "down", "status", "wait", "logs", "env", "preview", "refresh", "psql", "smoke", "dashboard"];

  it("is named by every command, with the copy and the command that restores it", async () => {
    copyFileSync(file, `${file}.bak`);
    writeFileSync(file, whole.slice(0, whole.length / 2));
    for (const command of commands) {
      const output = await stack.expectFailure(command);
      assert.ok(output.includes(`The state of stack 'local' (${file}) is cut off: `), `${command}: ${output}`);
      assert.ok(output.includes(`type: cp ${file}.bak ${file}; then: make up`), `${command}: ${output}`);
    }
  });

  const damages: [what: string, damage: () => void, words: RegExp][] = [
    ["empty", () => writeFileSync(file, ""), /is empty/],
    [
      "JSON of another program",
      () => writeFileSync(file, '{"version":3,"resources":[]}'),
      /is not a state that Pulumi wrote/,
    ],
    [
      "whole JSON with a resource that is none",
      () => writeFileSync(file, '{"version":3,"checkpoint":{"latest":{"resources":[null]}}}'),
      /is not a state that Pulumi wrote/,
    ],
    ["full of zeros", () => writeFileSync(file, Buffer.alloc(4096)), /is not JSON/],
    [
      "a folder",
      () => {
        rmSync(file);
        mkdirSync(file);
      },
      /is a folder instead of a file/,
    ],
  ];
  for (const [what, damage, words] of damages)
    it(`is restored by the command that is printed when it is ${what}`, async () => {
      copyFileSync(file, `${file}.bak`);
      damage();
      const output = await stack.expectFailure("status");
      assert.match(output, words);
      const [, command = ""] = /type: (.*?); then: make up/.exec(output) ?? [];
      assert.equal((await stack.type(command)).code, 0, command);
      assert.equal(readFileSync(file, "utf8"), whole);
    });

  it("is restored from Pulumi's history where the copy beside it is damaged too", async () => {
    const history = join(stack.root, ".plinth/state/.pulumi/history/plinth/local");
    mkdirSync(history, { recursive: true });
    writeFileSync(join(history, "local-1.checkpoint.json"), whole);
    for (const each of [file, `${file}.bak`]) writeFileSync(each, "{");
    const output = await stack.expectFailure("status");
    assert.match(output, /type: cp .*history\/plinth\/local\/local-1\.checkpoint\.json .*local\.json; then: make up/);
  });

  it("is put aside where there is no whole copy", async () => {
    for (const folder of ["history", "backups"])
      rmSync(join(stack.root, ".plinth/state/.pulumi", folder), { recursive: true, force: true });
    for (const each of [file, `${file}.bak`]) writeFileSync(each, "{");
    const output = await stack.expectFailure("down");
    const [, command = ""] = /type: (mv .*?); then: make up/.exec(output) ?? [];
    assert.equal((await stack.type(command)).code, 0, output);
    assert.ok(existsSync(`${file}.damaged`));
    assert.match((await stack.expectSuccess("down")).output, /there is nothing to stop/);
  });
});
