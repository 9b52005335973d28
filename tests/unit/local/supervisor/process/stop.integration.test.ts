import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { apply, ensureSupervisor, ping, remove, status, stopAll } from "@plinth/local/supervisor/client.ts";
import { eventually } from "../../../../support/eventually.ts";
import {
  clearFolders,
  isAlive,
  SLEEP_SCRIPT,
  shellSpec,
  statusOf,
  supervisorFolder,
} from "../../../../support/supervisor/supervisor.ts";

describe("supervisor: stopping", () => {
  afterEach(clearFolders);

  const traps = (line: string) => `trap '${line}; exit 0' TERM; echo ready; while :; do sleep 0.02; done`;

  it("stops all processes, the last started first, and itself", async () => {
    const directory = supervisorFolder();
    const { pid: supervisor } = await ensureSupervisor(directory);
    const pids: number[] = [];
    for (const name of ["one", "two", "three"])
      pids.push((await apply(directory, name, shellSpec(directory, traps(`echo ${name} >> stopped`)))).pid!);
    await stopAll(directory);
    assert.equal(readFileSync(join(directory, "work", "stopped"), "utf8"), "three\ntwo\none\n");
    assert.deepEqual([...pids, supervisor].filter(isAlive), []);
    assert.deepEqual(await status(directory), []);
  });

  it("kills a process that outlasts its grace, and everything that it started", async () => {
    const directory = supervisorFolder();
    // The second child starts a new session, as a daemon does.
    const script =
      "trap '' TERM; sleep 602 & echo $! > inside; setsid sleep 603 & sleep 0.1; echo $! > outside; echo ready; while :; do sleep 1; done";
    const { pid } = await apply(
      directory,
      "one",
      shellSpec(directory, script, { stop: { signal: "SIGTERM", graceSeconds: 0.3 } }),
    );
    const children = ["inside", "outside"].map((name) => Number(readFileSync(join(directory, "work", name), "utf8")));
    assert.deepEqual(children.map(isAlive), [true, true]);
    const begun = Date.now();
    await remove(directory, "one");
    assert.ok(Date.now() - begun >= 300);
    assert.deepEqual([pid!, ...children].filter(isAlive), []);
  });

  it("can stop a process that is not ready yet", async () => {
    const directory = supervisorFolder();
    const waiting = apply(directory, "one", shellSpec(directory, "exec sleep 600"));
    const refused = assert.rejects(waiting, /process 'one': it was removed before it was ready/);
    const { pid } = await eventually("started", async () =>
      (await status(directory)).find((each) => each.pid !== undefined),
    );
    await remove(directory, "one");
    await refused;
    assert.equal(isAlive(pid!), false);
  });

  it("leaves a process of another owner alone", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT), "first");
    await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT), "second");
    await remove(directory, "one", "first");
    assert.equal(isAlive(pid!), true);
    await remove(directory, "one", "second");
    assert.equal(isAlive(pid!), false);
  });

  it("stops its processes in order on SIGTERM, and does not restart them by itself", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec(directory, traps("echo orderly > stopped")));
    const supervisor = (await ping(directory))!.pid;
    process.kill(supervisor, "SIGTERM");
    await eventually("all gone", () => !isAlive(supervisor) && !isAlive(pid!));
    assert.equal(readFileSync(join(directory, "work", "stopped"), "utf8"), "orderly\n");
    await ensureSupervisor(directory);
    assert.equal((await statusOf(directory, "one")).state, "stopped");
  });

  it("ends by itself after it has had no process for a while, not before", async () => {
    const directory = supervisorFolder();
    process.env.PLINTH_SUPERVISOR_IDLE_MS = "300";
    const { pid } = await ensureSupervisor(directory).finally(() => delete process.env.PLINTH_SUPERVISOR_IDLE_MS);
    await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    const stillThere = await eventually(
      "longer than idle",
      async () => Date.now() - Date.parse((await statusOf(directory, "one")).since) > 600 && ping(directory),
    );
    assert.equal(stillThere.pid, pid);
    await remove(directory, "one");
    await eventually("it has ended", () => !isAlive(pid));
  });

  it("stops all processes when its directory is deleted, and leaves a new one at the same path alone", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec("/tmp", SLEEP_SCRIPT, { cwd: "/tmp" }));
    const supervisor = (await ping(directory))!.pid;
    rmSync(directory, { recursive: true });
    const next = await apply(directory, "one", shellSpec("/tmp", SLEEP_SCRIPT, { cwd: "/tmp" }));
    await eventually("the first ones are gone", () => !isAlive(supervisor) && !isAlive(pid!));
    assert.equal((await statusOf(directory, "one")).pid, next.pid);
    assert.ok(existsSync(join(directory, "supervisor", "processes", "one.json")));
  });
});
