import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runGit } from "../../../cli/service-files/git.ts";
import { commit, samples, writeFiles } from "../../support/sample-repositories.ts";
import type { Stack } from "../../support/stack/stack.ts";
import { closeWorkspace, openWorkspace } from "./workspace.ts";

describe("repositories that were added before keep what only they have (INF-14)", function () {
  this.timeout(120_000);
  let stack: Stack;
  let elsewhere: string;
  let repository: string;
  before(async () => {
    ({ stack, outside: elsewhere } = await openWorkspace());
    repository = sample("go", "again");
    commit(repository);
    await stack.expectSuccess("add-service", `URL=${repository}`);
    commitAll(added("again"), "Only here");
  });
  after(() => closeWorkspace({ stack, outside: elsewhere }));

  const inRepository = () => runGit(stack.root, "status", "--porcelain");
  const sample = (language: string, folder: string, more: Record<string, string> = {}) =>
    writeFiles(join(elsewhere, folder), { ...samples.find((one) => one.language === language)!.files, ...more });
  const inMain = (...args: string[]) => runGit(stack.root, ...args);
  const commitAll = (folder: string, message: string) => {
    runGit(folder, "add", "--all");
    runGit(folder, "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "--quiet", "-m", message);
  };
  const added = (name: string) => join(stack.root, "packages", name);
  it("keeps commits that were not pushed before 'git rm', and says how to have them again", async () => {
    const head = runGit(added("again"), "rev-parse", "HEAD");
    inMain("rm", "--quiet", "--force", "packages/again");
    const before = inRepository();
    const output = await stack.expectFailure("add-service", `URL=${repository}`);
    assert.match(output, /packages\/again was a submodule before: .* with 1 commit that no remote has/);
    assert.equal(inRepository(), before);
    const [, command = ""] = /To add that one again: (.*?); to begin/.exec(output) ?? [];
    const { code, output: done } = await stack.type(command.replace("make ", "make -s "));
    assert.equal(code, 0, done);
    assert.equal(runGit(added("again"), "rev-parse", "HEAD"), head);
  });

  it("leaves a submodule alone whose folder is gone", async () => {
    rmSync(added("again"), { recursive: true });
    const before = inRepository();
    const output = await stack.expectFailure("add-service", `URL=${repository}`);
    assert.match(output, /packages\/again is part of this repository, although its files are gone/);
    assert.equal(inRepository(), before);
    const [, command = ""] = /To have them again: (.*?); or/.exec(output) ?? [];
    assert.equal((await stack.type(command)).code, 0);
    assert.match(runGit(added("again"), "log", "--format=%s"), /^Only here$/m);
  });

  it("leaves a submodule alone that was moved, and keeps its former name", async () => {
    inMain("mv", "packages/again", "packages/moved");
    const before = inRepository();
    assert.match(
      await stack.expectFailure("add-service", `URL=${repository}`),
      /\.gitmodules has a submodule named packages\/again for packages\/moved/,
    );
    assert.equal(inRepository(), before);
    assert.match(runGit(added("moved"), "log", "--format=%s"), /^Only here$/m);
    inMain("mv", "packages/moved", "packages/again");
  });

  it("two commands that add the same repository at once leave it whole", async () => {
    const both = await Promise.all([1, 2].map(() => stack.make("add-service", `URL=${repository}`, "NAME=twice")));
    assert.deepEqual(both.map(({ code }) => code === 0).sort(), [false, true], both[1]!.output);
    assert.match(runGit(added("twice"), "log", "--format=%s"), /^As it is$/m);
    assert.match(inMain("submodule", "status", "packages/twice"), /^ [0-9a-f]{40} packages\/twice/);
    inMain("rm", "--quiet", "--force", "packages/twice");
  });

  it("gives back the .gitmodules that it found when it fails", async () => {
    const blocked = sample("node", "blocked-too", { "Dockerfile.plinth-new/in-the-way": "" });
    commit(blocked);
    const file = join(stack.root, ".gitmodules");
    const mine = `${readFileSync(file, "utf8")}# mine\n`;
    writeFileSync(file, mine);
    const staged = inMain("ls-files", "--stage", ".gitmodules");
    await stack.expectFailure("add-service", `URL=${blocked}`);
    assert.equal(readFileSync(file, "utf8"), mine);
    assert.equal(inMain("ls-files", "--stage", ".gitmodules"), staged);
  });

  it("leaves a .gitmodules alone that has conflicts of a merge", async () => {
    const fresh = sample("node", "during-merge");
    commit(fresh);
    const [, object = ""] = inMain("ls-files", "--stage", ".gitmodules").split(" ");
    const conflicts = [1, 2, 3].map((stage) => `100644 ${object} ${stage}\t.gitmodules\n`).join("");
    const input = `0 ${"0".repeat(40)}\t.gitmodules\n${conflicts}`;
    spawnSync("git", ["update-index", "--index-info"], { cwd: stack.root, input });
    const staged = inMain("ls-files", "--stage", ".gitmodules");
    assert.equal(staged, conflicts);
    const output = await stack.expectFailure("add-service", `URL=${fresh}`);
    assert.match(output, /\.gitmodules has conflicts of a merge: resolve them first/);
    assert.equal(inMain("ls-files", "--stage", ".gitmodules"), staged);
    inMain("add", ".gitmodules");
  });

  it("'make submodules UPDATE=1' leaves commits that were not pushed, and names them", async () => {
    const head = runGit(added("again"), "rev-parse", "HEAD");
    assert.match(
      await stack.expectFailure("submodules", "UPDATE=1"),
      /packages\/again has 1 commit that no remote has: push it first/,
    );
    assert.equal(runGit(added("again"), "rev-parse", "HEAD"), head);
    runGit(added("again"), "push", "--quiet", "origin", "HEAD:refs/heads/kept");
    await stack.expectSuccess("submodules", "UPDATE=1");
  });
});
