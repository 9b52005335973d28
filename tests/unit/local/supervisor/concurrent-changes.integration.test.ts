import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, control, remove, status } from "@plinth/local/supervisor/client.ts";
import { shellSpec } from "../../../support/supervisor/shell-spec.ts";
import { clearFolders, isAlive, supervisorFolder } from "../../../support/supervisor/supervisor.ts";

/** Takes a moment to end, so that other changes wait for it, and notes its pid. */
const SLOW_TO_END = "trap 'sleep 0.5; exit 0' TERM; echo $$ >> ../pids; echo ready; while :; do sleep 0.05; done";

describe("changes of one process at the same time", () => {
  let directory: string;

  beforeEach(async () => {
    directory = supervisorFolder();
    await apply(directory, "one", shellSpec(directory, SLOW_TO_END));
  });
  afterEach(clearFolders);

  const settle = (...changes: Promise<unknown>[]) => Promise.allSettled(changes);
  const running = () => {
    const pids = readFileSync(join(directory, "pids"), "utf8").trim().split("\n").map(Number);
    return pids.filter(isAlive).length;
  };
  const soon = async (change: () => Promise<unknown>) => {
    await sleep(150);
    return change();
  };

  it("leave nothing that runs unsupervised when it is removed while it restarts (OBS-3)", async () => {
    await settle(
      control(directory, "one", "restart"),
      soon(() => remove(directory, "one")),
    );
    assert.deepEqual([await status(directory), running()], [[], 0]);
  });

  it("leave nothing that runs unsupervised when it is started while it is removed (OBS-3)", async () => {
    await settle(
      remove(directory, "one"),
      soon(() => control(directory, "one", "start")),
    );
    assert.deepEqual([await status(directory), running()], [[], 0]);
  });

  it("keep a process that is applied while it is removed", async () => {
    const spec = shellSpec(directory, `${SLOW_TO_END} # again`);
    await settle(
      remove(directory, "one"),
      soon(() => apply(directory, "one", spec)),
    );
    assert.deepEqual(
      (await status(directory)).map(({ name, state }) => [name, state]),
      [["one", "ready"]],
    );
  });

  it("leave a process stopped that was stopped last (OBS-3)", async () => {
    await settle(
      control(directory, "one", "restart"),
      soon(() => control(directory, "one", "stop")),
    );
    await sleep(300);
    assert.deepEqual([(await status(directory)).map(({ state }) => state), running()], [["stopped"], 0]);
  });
});
