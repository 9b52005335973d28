import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, control, ensureSupervisor, ping, remove, status, stopAll } from "@plinth/local/supervisor/client.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../support/supervisor/shell-spec.ts";
import { clearFolders, isAlive, statusOf, supervisorFolder } from "../../../support/supervisor/supervisor.ts";

describe("supervisor: its socket", () => {
  const before = { ...process.env };

  afterEach(async () => {
    process.env = { ...before };
    await clearFolders();
  });

  it("lives in the stack's folder, so the end of a login session does not remove it", async () => {
    const [directory, session] = [supervisorFolder(), supervisorFolder()];
    for (const name of ["XDG_RUNTIME_DIR", "TMPDIR"]) process.env[name] = session;
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    rmSync(session, { recursive: true });
    for (const name of ["XDG_RUNTIME_DIR", "TMPDIR"]) delete process.env[name];
    assert.equal((await statusOf(directory, "one")).pid, pid);
    assert.ok(existsSync(join(directory, "supervisor", "rpc.sock")));
  });

  it("needs nothing of a runtime folder that belongs to another user", async () => {
    const directory = supervisorFolder();
    process.env.XDG_RUNTIME_DIR = "/proc/1";
    assert.equal((await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT))).state, "ready");
  });

  it("is reached in a folder with a long path", async () => {
    const directory = join(supervisorFolder(), "d".repeat(100), "e".repeat(100));
    mkdirSync(directory, { recursive: true });
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    assert.equal((await statusOf(directory, "one")).pid, pid);
    await stopAll(directory);
    assert.equal(isAlive(pid!), false);
  });

  for (const removed of [["rpc.sock"], ["socket"], ["rpc.sock", "socket", "lock"]]) {
    it(`comes back when ${removed.join(", ")} is removed, while every client waits for it`, async () => {
      const directory = supervisorFolder();
      const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
      const supervisor = (await ping(directory))!.pid;
      for (const name of removed) rmSync(join(directory, "supervisor", name));
      assert.equal((await statusOf(directory, "one")).pid, pid);
      assert.equal((await ensureSupervisor(directory)).pid, supervisor);
      await control(directory, "one", "restart");
      assert.equal(isAlive(pid!), false);
      await stopAll(directory);
      assert.equal(isAlive(supervisor), false);
      assert.deepEqual([existsSync(join(directory, "supervisor", "socket"))], [false]);
    });
  }

  it("passes on no temporary folder that is gone", async () => {
    const [directory, session] = [supervisorFolder(), supervisorFolder()];
    process.env.TMPDIR = session;
    await ensureSupervisor(directory);
    delete process.env.TMPDIR;
    rmSync(session, { recursive: true });
    await apply(directory, "one", shellSpec(directory, `echo "in '$TMPDIR'"; ${SLEEP_SCRIPT}`));
    assert.match(readFileSync(join(directory, "logs", "one.log"), "utf8"), /^in ''$/m);
  });
});

describe("supervisor: on a disk that takes nothing", () => {
  afterEach(clearFolders);

  it("goes on with its processes, and records them once it can", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    const supervisor = (await ping(directory))!.pid;
    // Stands for a full disk: nothing can be written in the folder of records.
    const records = join(directory, "supervisor", "processes");
    renameSync(records, `${records}.aside`);
    writeFileSync(records, "");
    process.kill(pid!, "SIGKILL");
    const restarted = async () => {
      const { state, pid: next } = await statusOf(directory, "one");
      return state === "ready" && next !== pid;
    };
    for (let tries = 0; tries < 100 && !(await restarted()); tries++) await sleep(50);
    assert.equal(await restarted(), true);
    assert.equal((await ping(directory))!.pid, supervisor);
    assert.match(readFileSync(join(directory, "logs", "supervisor.log"), "utf8"), /^The record of 'one' cannot be/m);
    rmSync(records);
    renameSync(`${records}.aside`, records);
    await control(directory, "one", "restart");
    const { pid: last } = await statusOf(directory, "one");
    assert.equal(JSON.parse(readFileSync(join(records, "one.json"), "utf8")).running.pid, last);
  });
});

describe("supervisor: suspended", () => {
  afterEach(clearFolders);

  it("is named at once, with what to do, by every request, and goes on afterwards", async () => {
    const directory = supervisorFolder();
    const spec = shellSpec(directory, SLEEP_SCRIPT);
    const first = await apply(directory, "one", spec);
    const waiting = apply(directory, "late", shellSpec(directory, "exec sleep 600"));
    const { pid } = (await ping(directory))!;
    process.kill(pid, "SIGSTOP");
    const sentence = new RegExp(
      `^The supervisor of ${directory} \\(process ${pid}\\) is suspended and answers nothing: let it go on with 'kill -CONT ${pid}'$`,
    );
    const begun = Date.now();
    try {
      await Promise.all(
        [waiting, status(directory), apply(directory, "one", spec), remove(directory, "one")].map((request) =>
          assert.rejects(request, { message: sentence }),
        ),
      );
      assert.ok(Date.now() - begun < 5000);
    } finally {
      process.kill(pid, "SIGCONT");
    }
    assert.equal((await ping(directory))!.pid, pid);
    assert.equal((await apply(directory, "one", spec)).pid, first.pid);
  });
});
