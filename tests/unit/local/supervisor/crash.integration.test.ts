import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, ensureSupervisor, logPath, ping, remove, status, stopAll } from "@plinth/local/supervisor/client.ts";
import type { ProcessRecord } from "@plinth/local/supervisor/state.ts";
import { identify, membersOf } from "@plinth/local/supervisor/system/identity.ts";
import { eventually } from "../../../support/eventually.ts";
import {
  clearFolders,
  isAlive,
  killSupervisor,
  SLEEP_SCRIPT,
  shellSpec,
  statusOf,
  supervisorFolder,
  waitForRestart,
} from "../../../support/supervisor/supervisor.ts";

describe("supervisor: crashes", () => {
  afterEach(clearFolders);

  it("restarts a process that crashes, and counts restarts", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    process.kill(pid!, "SIGKILL");
    const now = await waitForRestart(directory, "one", pid!);
    assert.equal(now.restarts, 1);
    assert.equal(now.lastExit?.signal, "SIGKILL");
  });

  it("backs off from a process that keeps crashing, and restarts it at once when it is applied", async () => {
    const directory = supervisorFolder();
    // Ready the first time only.
    const script = `[ -e started ] || { touch started; ${SLEEP_SCRIPT}; }; date +%s%N; exit 7`;
    const spec = shellSpec(directory, script);
    const { pid } = await apply(directory, "one", spec);
    process.kill(pid!, "SIGKILL");
    const tries = () =>
      readFileSync(logPath(directory, "one"), "utf8")
        .split("\n")
        .filter((line) => /^\d{10,}$/.test(line))
        .map((line) => Number(line) / 1e6);
    await eventually("five tries", () => tries().length >= 5);
    const gaps = tries()
      .slice(1)
      .map((at, i) => at - tries()[i]!);
    assert.ok(
      gaps[0]! >= 90 && gaps[1]! >= 190 && gaps[2]! >= 390 && gaps[3]! >= 790,
      `pauses of ${gaps.map(Math.round)} ms`,
    );
    const backingOff = await statusOf(directory, "one");
    assert.deepEqual([backingOff.state, backingOff.lastExit?.code], ["backing-off", 7]);
    await apply(directory, "other", shellSpec(directory, "echo ready; rm -f started; exec sleep 600"));
    assert.equal((await apply(directory, "one", spec)).state, "ready");
  });

  for (const [restart, code, want] of [
    ["always", 0, "ready"],
    ["on-failure", 0, "stopped"],
    ["on-failure", 1, "ready"],
    ["never", 1, "failed"],
  ] as const) {
    it(`restart '${restart}' after exit code ${code}: ${want}`, async () => {
      const directory = supervisorFolder();
      const { pid } = await apply(
        directory,
        "one",
        shellSpec(directory, `trap 'exit ${code}' USR1; echo ready; while :; do sleep 0.02; done`, { restart }),
      );
      process.kill(pid!, "SIGUSR1");
      const now = await eventually(want, async () => {
        const found = await statusOf(directory, "one");
        return found.lastExit && found.state === want && found;
      });
      assert.equal(now.lastExit?.code, code);
      assert.equal(now.restarts, want === "ready" ? 1 : 0);
    });
  }

  it("ends the children of a crashed process before it restarts it", async () => {
    const directory = supervisorFolder();
    const { pid } = await apply(
      directory,
      "one",
      shellSpec(directory, `sleep 601 & echo $! > child; echo ready; wait`),
    );
    const child = Number(readFileSync(join(directory, "work", "child"), "utf8"));
    process.kill(pid!, "SIGKILL");
    await waitForRestart(directory, "one", pid!);
    assert.equal(isAlive(child), false);
  });
});

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

describe("supervisor: killed and restarted", () => {
  afterEach(clearFolders);

  it("adopts processes that still run and restarts those that have ended", async () => {
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
