import assert from "node:assert/strict";
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { apply, ensureSupervisor, logPath } from "@plinth/local/supervisor/client.ts";
import { withoutRoot } from "@plinth/local/supervisor/system/privileges.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../../support/supervisor/shell-spec.ts";
import { clearFolders, supervisorFolder } from "../../../../support/supervisor/supervisor.ts";

describe("supervisor: without root", () => {
  afterEach(clearFolders);

  it("runs init steps and process as an ordinary user who owns its folder", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const directory = supervisorFolder();
    const init = [{ command: "/bin/sh", args: ["-c", "id -u > made"], creates: join(directory, "work", "made") }];
    await apply(
      directory,
      "one",
      shellSpec(directory, `cat made; id -u; touch mine; ${SLEEP_SCRIPT}`, { init, dropRoot: true }),
    );
    const lines = readFileSync(logPath(directory, "one"), "utf8").split("\n");
    assert.ok(lines[0] === lines[1] && lines[0] !== "0", lines.join());
    assert.ok(existsSync(join(directory, "work", "mine")));
  });

  it("falls back to an unprivileged user, and reports that this user cannot reach the folder", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const directory = supervisorFolder();
    const tools = join(directory, "tools");
    mkdirSync(tools);
    for (const name of ["chown", "id", "touch", "sleep"]) symlinkSync(`/usr/bin/${name}`, join(tools, name));
    const path = process.env.PATH;
    process.env.PATH = tools;
    await ensureSupervisor(directory).finally(() => {
      process.env.PATH = path;
    });
    const spec = shellSpec(directory, `id -u; touch mine; ${SLEEP_SCRIPT}`, { dropRoot: true });
    await assert.rejects(
      apply(directory, "one", spec),
      /work is not reachable for user (postgres|nobody), as whom \/bin\/sh must run because it refuses root/,
    );
    chmodSync(directory, 0o755);
    await apply(directory, "one", spec);
    const uid = statSync(join(directory, "work", "mine")).uid;
    assert.notEqual(uid, 0);
    assert.ok(readFileSync(logPath(directory, "one"), "utf8").startsWith(`${uid}\n`));
  });

  it("leaves the command as it is for an ordinary user", () => {
    const getuid = process.getuid;
    process.getuid = () => 1000;
    try {
      assert.deepEqual(withoutRoot("initdb", ["-D", "x"], []), { command: "initdb", args: ["-D", "x"] });
    } finally {
      process.getuid = getuid!;
    }
  });
});
