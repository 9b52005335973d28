import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apply } from "@plinth/local/supervisor/client.ts";
import { identify, membersOf } from "@plinth/local/supervisor/system/identity.ts";
import { shellSpec } from "../../../../support/supervisor/shell-spec.ts";
import { clearFolders, isAlive, supervisorFolder, waitForRestart } from "../../../../support/supervisor/supervisor.ts";

describe("supervisor: children that left the session", () => {
  afterEach(clearFolders);

  it("are found by the log that they write to, as PostgreSQL's are, and ended before a restart", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(
      directory,
      "one",
      shellSpec(
        directory,
        "env -i setsid sh -c 'trap : TERM; echo $$ > child; while :; do sleep 0.1; done' & while [ ! -s child ]; do sleep 0.02; done; echo ready; wait",
      ),
    );
    const child = Number(readFileSync(join(directory, "work", "child"), "utf8"));
    assert.ok(isAlive(child));
    process.kill(pid!, "SIGKILL");
    await waitForRestart(directory, "one", pid!);
    assert.equal(isAlive(child), false);
  });
});

describe("supervisor: members of a process", () => {
  it("are none for an unused mark and an unused log", () => {
    // There are always processes without any output: the kernel's own.
    assert.deepEqual(membersOf({ value: "nobody/has-this", log: undefined }), []);
    assert.deepEqual(membersOf({ value: "nobody/has-this", log: "" }), []);
  });

  it("are none of a session whose leader's pid another process has", () => {
    const parent = identify(process.ppid)!;
    assert.deepEqual(
      membersOf({ value: "nobody/has-this", log: undefined }, { pid: parent.pid, started: `${parent.started}0` }),
      [],
    );
  });
});
