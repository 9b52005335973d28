import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { apply, ensureSupervisor, logPath, stopAll } from "@plinth/local/supervisor/client.ts";
import { eventually } from "../../../../support/eventually.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../../support/supervisor/shell-spec.ts";
import {
  clearFolders,
  isAlive,
  killSupervisor,
  statusOf,
  supervisorFolder,
} from "../../../../support/supervisor/supervisor.ts";

describe("supervisor: init steps", () => {
  afterEach(clearFolders);

  const step = (directory: string, script: string, creates: string, stdin?: string) => ({
    command: "/bin/sh",
    args: ["-c", script],
    creates: join(directory, "work", creates),
    ...(stdin === undefined ? {} : { stdin }),
  });

  it("run once, in order, with their input, before the process", async () => {
    const directory = supervisorFolder();
    const init = [
      step(directory, "cat > first; echo init >> runs", "first", "typed in"),
      step(directory, "cp first second; echo init >> runs", "second"),
    ];
    await apply(directory, "one", shellSpec(directory, `cat second; ${SLEEP_SCRIPT}`, { init }));
    await apply(directory, "one", shellSpec(directory, `cat second; ${SLEEP_SCRIPT}`, { init, revision: "2" }));
    assert.equal(readFileSync(join(directory, "work", "runs"), "utf8"), "init\ninit\n");
    assert.match(readFileSync(logPath(directory, "one"), "utf8"), /typed in/);
  });

  it("report how they failed, and remove the rest of a failed one before they repeat it", async () => {
    const directory = supervisorFolder();
    const init = (script: string) => [step(directory, script, "data/version")];
    const halfDone = init("mkdir data && touch data/version && echo disk full >&2 && exit 9");
    await assert.rejects(
      apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT, { init: halfDone })),
      /process 'one' init step \/bin\/sh failed with exit code 9; its last output, from [^\n]*:\n {2}disk full$/,
    );
    await apply(
      directory,
      "one",
      shellSpec(directory, SLEEP_SCRIPT, { init: init("mkdir data && touch data/version") }),
    );
    assert.ok(existsSync(join(directory, "work", "data", "version")));
  });

  it("may take longer than the readiness timeout, which starts after them", async () => {
    const directory = supervisorFolder();
    const init = [step(directory, "sleep 2.2 && touch built", "built")];
    const spec = shellSpec(directory, SLEEP_SCRIPT, { init, readyTimeoutSeconds: 1 });
    await apply(directory, "one", spec);
    await assert.rejects(
      apply(directory, "two", shellSpec(directory, "exec sleep 600", { init, readyTimeoutSeconds: 0.4 })),
      /process 'two' was not ready within 0\.4 s/,
    );
  });

  it("are repeated from the beginning after the supervisor and the step were killed", async () => {
    const directory = supervisorFolder();
    const init = [
      step(
        directory,
        "mkdir data && touch data/version && echo $$ > data/pid && [ -e ../go ] || exec sleep 600",
        "data/version",
      ),
    ];
    const cut = apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT, { init })).catch(() => undefined);
    const pid = await eventually(
      "the step runs",
      () =>
        existsSync(join(directory, "work", "data", "pid")) &&
        Number(readFileSync(join(directory, "work", "data", "pid"), "utf8")),
    );
    const started = await eventually("it is written down", async () => (await statusOf(directory, "one")).pid);
    assert.equal(started, pid);
    writeFileSync(join(directory, "go"), "");
    await killSupervisor(directory);
    await ensureSupervisor(directory);
    await eventually(
      "the step is redone and the process ready",
      async () => (await statusOf(directory, "one")).state === "ready",
    );
    assert.equal(isAlive(pid), false);
    await cut;
    await stopAll(directory);
  });

  it("report that they did not create their path", async () => {
    const directory = supervisorFolder();
    await assert.rejects(
      apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT, { init: [step(directory, "true", "nothing")] })),
      /init step \/bin\/sh ended without creating .*work\/nothing/,
    );
  });
});
