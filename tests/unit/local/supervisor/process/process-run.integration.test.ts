import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { apply, logPath } from "@plinth/local/supervisor/client.ts";
import { eventually } from "../../../../support/eventually.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../../support/supervisor/shell-spec.ts";
import {
  clearFolders,
  isAlive,
  statusOf,
  supervisorFolder,
  waitForRestart,
} from "../../../../support/supervisor/supervisor.ts";

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
