import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, control, ensureSupervisor, ping, remove, status, stopAll } from "@plinth/local/supervisor/client.ts";
import type { ProcessRecord } from "@plinth/local/supervisor/state.ts";
import { identify } from "@plinth/local/supervisor/system/identity.ts";
import { eventually } from "../../../support/eventually.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../support/supervisor/shell-spec.ts";
import {
  clearFolders,
  isAlive,
  killSupervisor,
  statusOf,
  supervisorFolder,
  waitForRestart,
} from "../../../support/supervisor/supervisor.ts";

describe("supervisor: killed and restarted", () => {
  afterEach(clearFolders);

  it("adopts processes that still run and restarts ended ones", async () => {
    const directory = supervisorFolder();
    const kept = await apply(directory, "kept", shellSpec(directory, SLEEP_SCRIPT));
    const dead = await apply(directory, "dead", shellSpec(directory, SLEEP_SCRIPT));
    await killSupervisor(directory);
    process.kill(dead.pid!, "SIGKILL");
    await ensureSupervisor(directory);
    const again = await waitForRestart(directory, "dead", dead.pid!);
    assert.deepEqual([again.restarts, again.lastExit?.code], [1, null]);
    const adopted = await statusOf(directory, "kept");
    assert.deepEqual([adopted.pid, adopted.state, adopted.restarts], [kept.pid, "ready", 0]);
    assert.equal((await apply(directory, "kept", shellSpec(directory, SLEEP_SCRIPT))).pid, kept.pid);
  });

  it("restarts an adopted process that ends, and stops one", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    await killSupervisor(directory);
    await ensureSupervisor(directory);
    process.kill(pid!, "SIGKILL");
    const now = await waitForRestart(directory, "one", pid!);
    await killSupervisor(directory);
    await remove(directory, "one");
    assert.equal(isAlive(now.pid!), false);
    assert.deepEqual(await status(directory), []);
  });

  it("finds a process that it had no time to record, by its mark", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    await killSupervisor(directory);
    edit(directory, "one", (record) => {
      delete record.running;
      record.state = "starting";
    });
    await ensureSupervisor(directory);
    await waitForRestart(directory, "one", pid!);
    assert.equal(isAlive(pid!), false);
  });

  it("never signals another process that has the recorded pid", async () => {
    const directory = supervisorFolder();
    const foreign = await apply(supervisorFolder(), "foreign", shellSpec(directory, SLEEP_SCRIPT));
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    await killSupervisor(directory);
    process.kill(pid!, "SIGKILL");
    const started = identify(process.pid)!.started;
    edit(directory, "one", (record) => {
      record.running = { ...record.running!, pid: foreign.pid!, started };
    });
    await ensureSupervisor(directory);
    await waitForRestart(directory, "one", foreign.pid!);
    await stopAll(directory);
    assert.equal(isAlive(foreign.pid!), true);
  });

  it("does not restart processes when it is started to stop them", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(
      directory,
      "one",
      shellSpec(directory, "echo start >> ../starts; echo ready; exec sleep 600"),
    );
    await killSupervisor(directory);
    process.kill(pid!, "SIGKILL");
    await stopAll(directory);
    assert.equal(readFileSync(join(directory, "starts"), "utf8"), "start\n");
    assert.deepEqual(readdirSync(join(directory, "supervisor", "processes")), []);
  });

  it("runs once, however many clients start it at the same time, and ignores SIGHUP and Ctrl-C", async () => {
    const directory = supervisorFolder();
    const all = await Promise.all(Array.from({ length: 4 }, () => ensureSupervisor(directory)));
    assert.equal(new Set(all.map(({ pid }) => pid)).size, 1);
    process.kill(all[0]!.pid, "SIGHUP");
    process.kill(all[0]!.pid, "SIGINT");
    await sleep(50);
    assert.deepEqual(await ping(directory), all[0]);
  });
});

function edit(directory: string, name: string, change: (record: ProcessRecord) => void): void {
  const path = join(directory, "supervisor", "processes", `${name}.json`);
  const record = JSON.parse(readFileSync(path, "utf8")) as ProcessRecord;
  change(record);
  writeFileSync(path, JSON.stringify(record));
}

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

describe("supervisor: controlled by a person", () => {
  afterEach(clearFolders);

  it("keeps a process stopped, also after the supervisor was killed, until it is started", async () => {
    const directory = supervisorFolder();
    const spec = shellSpec(directory, SLEEP_SCRIPT);
    const first = await apply(directory, "one", spec);
    await control(directory, "one", "stop");
    await control(directory, "one", "stop");
    assert.equal(isAlive(first.pid!), false);
    assert.equal((await statusOf(directory, "one")).state, "stopped");
    await killSupervisor(directory);
    await ensureSupervisor(directory);
    await sleep(100);
    assert.equal((await statusOf(directory, "one")).state, "stopped");
    await control(directory, "one", "start");
    const second = await statusOf(directory, "one");
    await control(directory, "one", "start");
    assert.deepEqual(await statusOf(directory, "one"), second);
    assert.deepEqual([second.state, second.restarts], ["ready", 0]);
  });

  it("starts a stopped process when it is applied again with the same specification", async () => {
    const directory = supervisorFolder();
    const spec = shellSpec(directory, SLEEP_SCRIPT);
    await apply(directory, "one", spec);
    await control(directory, "one", "stop");
    assert.equal((await apply(directory, "one", spec)).state, "ready");
  });

  it("restarts a process with another pid, and names the processes for an unknown name", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    await control(directory, "one", "restart");
    const again = await statusOf(directory, "one");
    assert.equal(again.state, "ready");
    assert.notEqual(again.pid, pid);
    await assert.rejects(control(directory, "two", "restart"), { message: "There is no process 'two'; there are one" });
  });
});
