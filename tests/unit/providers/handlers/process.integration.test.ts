import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { apply, ensureSupervisor, remove, stopAll } from "@plinth/local/supervisor/client.ts";
import { handler } from "@plinth/providers/handlers/process.ts";
import type { ProcessInputs } from "@plinth/providers/process.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
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

function inputs(directory: string, more: Partial<ProcessInputs> = {}): ProcessInputs {
  return { ...shellSpec(directory, SLEEP_SCRIPT), supervisor: directory, process: "one", incident: "", ...more };
}

/** Plans as `preview` does: returns the incident from the check, and whether there is work. */
async function plan(
  id: string,
  olds: ProcessInputs,
  news: ProcessInputs,
): Promise<{ incident: string; changes: boolean }> {
  const { inputs: checked, failures } = await handler.check(olds, news);
  assert.deepEqual(failures, []);
  const outs = { ...olds, incident: "", readyPorts: olds.ports };
  return { incident: checked.incident ?? "", changes: (await handler.diff(id, outs, checked)).changes };
}

describe("Process", () => {
  afterEach(clearFolders);

  it("is ready when created, unchanged the second time, and gone when deleted", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    const spec = inputs(directory, {
      command: "python3",
      args: ["-m", "http.server", String(port), "--bind", "127.0.0.1"],
      ports: { http: port },
      ready: { kind: "http", port, path: "/" },
    });
    const { id, outs } = await handler.create(spec);
    assert.equal((await fetch(`http://127.0.0.1:${outs.readyPorts.http}/`)).status, 200);
    assert.deepEqual(await plan(id, outs, spec), { incident: "", changes: false });
    assert.deepEqual((await handler.read(id, outs)).props, outs);
    await handler.delete(id, outs);
    await assert.rejects(fetch(`http://127.0.0.1:${port}/`));
    assert.ok(existsSync(spec.cwd), "data stays");
  });

  it("finds its process when a create is repeated after a lost answer (PLT-10)", async () => {
    const directory = supervisorFolder();
    await handler.create(inputs(directory));
    const { pid } = await statusOf(directory, "one");
    const { id, outs } = await handler.create(inputs(directory));
    assert.equal((await statusOf(directory, "one")).pid, pid);
    await handler.delete(id, outs);
    assert.equal(isAlive(pid!), false);
  });

  it("restarts in place for a change, and moves to another name", async () => {
    const directory = supervisorFolder();
    const { id, outs } = await handler.create(inputs(directory));
    const { pid } = await statusOf(directory, "one");
    const changed = inputs(directory, { environment: { LEVEL: "debug" } });
    assert.deepEqual(await plan(id, outs, changed), { incident: "", changes: true });
    const { outs: after } = await handler.update(id, outs, changed);
    assert.notEqual((await statusOf(directory, "one")).pid, pid);
    assert.deepEqual(await plan(id, after, changed), { incident: "", changes: false });
    await handler.update(id, after, { ...changed, process: "two" });
    assert.equal((await statusOf(directory, "two")).state, "ready");
    await assert.rejects(statusOf(directory, "one"), /no process one/);
  });

  it("is taken over by a renamed resource, and survives the deletion of the old one", async () => {
    const directory = supervisorFolder();
    const before = await handler.create(inputs(directory));
    const { pid } = await statusOf(directory, "one");
    await handler.create(inputs(directory));
    await handler.delete(before.id, before.outs);
    assert.equal(isAlive(pid!), true);
  });

  describe("shows in a plan and in a refresh, and restarts", () => {
    /** Breaks something, expects it in the plan, runs `up`, and expects an empty plan. */
    async function incident(
      directory: string,
      spec: ProcessInputs,
      breakIt: () => Promise<unknown>,
      want: RegExp,
    ): Promise<void> {
      const { id, outs } = await handler.create(spec);
      await breakIt();
      const { inputs: news } = await handler.check(spec, spec);
      assert.match(news.incident!, want);
      assert.equal((await handler.read(id, outs)).props.incident, news.incident);
      assert.equal((await handler.diff(id, outs, news)).changes, true);
      const { outs: mended } = await handler.update(id, outs, news);
      assert.equal((await statusOf(directory, "one")).state, "ready");
      assert.deepEqual(await plan(id, mended, spec), { incident: "", changes: false });
    }

    it("a process that ended for good", async () => {
      const directory = supervisorFolder();
      await incident(
        directory,
        inputs(directory, { restart: "never" }),
        async () => {
          process.kill((await statusOf(directory, "one")).pid!, "SIGKILL");
          await eventually("it has ended", async () => (await statusOf(directory, "one")).state === "failed");
        },
        /^failed: was ended by SIGKILL at 20.*Z; will be started again$/,
      );
    });

    it("a process that was removed by hand", async () => {
      const directory = supervisorFolder();
      await incident(
        directory,
        inputs(directory),
        () => remove(directory, "one"),
        /^not running; will be started again$/,
      );
    });

    it("a process that runs with another specification", async () => {
      const directory = supervisorFolder();
      const other = shellSpec(directory, SLEEP_SCRIPT, { environment: { LEVEL: "other" } });
      await incident(
        directory,
        inputs(directory),
        () => apply(directory, "one", other),
        /^runs with another configuration; will be restarted with this one$/,
      );
    });

    it("a supervisor that was killed", async () => {
      const directory = supervisorFolder();
      await incident(
        directory,
        inputs(directory),
        () => killSupervisor(directory),
        /^its supervisor does not run; both will be started again$/,
      );
    });
  });

  it("has no work after its supervisor has restarted it", async () => {
    const directory = supervisorFolder();
    const { id, outs } = await handler.create(inputs(directory));
    const { pid } = await statusOf(directory, "one");
    process.kill(pid!, "SIGKILL");
    await waitForRestart(directory, "one", pid!);
    assert.deepEqual(await plan(id, outs, inputs(directory)), { incident: "", changes: false });
  });

  it("creates nothing during a preview", async () => {
    const directory = join(supervisorFolder(), "not-yet");
    await handler.check(inputs(directory), inputs(directory));
    assert.equal(existsSync(directory), false);
    await ensureSupervisor(directory);
    await stopAll(directory);
  });
});
