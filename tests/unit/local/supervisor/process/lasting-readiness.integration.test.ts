import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { apply, ensureSupervisor, logPath } from "@plinth/local/supervisor/client.ts";
import type { ProcessSpec } from "@plinth/local/supervisor/spec.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../../../../support/eventually.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../../support/supervisor/shell-spec.ts";
import {
  clearFolders,
  killSupervisor,
  statusOf,
  supervisorFolder,
  waitForRestart,
} from "../../../../support/supervisor/supervisor.ts";

/** Answers `PING` with `PONG`, and crashes `LIFETIME` ms after its start, if that is set. */
const SERVER = `
  require("node:net").createServer((socket) => socket.on("error", () => undefined).on("data", () => socket.write("PONG")))
    .listen(Number(process.env.PORT), "127.0.0.1", () => {
      if (process.env.LIFETIME) setTimeout(() => { console.error("out of luck"); process.exit(3); }, Number(process.env.LIFETIME));
    });`;

describe("supervisor: lasting readiness", function () {
  this.timeout(60_000);
  let directory: string;
  let port: number;

  beforeEach(async () => {
    directory = supervisorFolder();
    port = await findFreePort();
  });
  afterEach(clearFolders);

  const server = (environment: Record<string, string> = {}, more: Partial<ProcessSpec> = {}) =>
    shellSpec(directory, "", {
      command: process.execPath,
      args: ["-e", SERVER],
      environment: { PORT: String(port), ...environment },
      ports: { main: port },
      ready: { kind: "exchange", port, send: Buffer.from("PING").toString("base64"), expect: "^PONG" },
      ...more,
    });
  const becomes = (state: string) =>
    eventually(`it is ${state}`, async () => (await statusOf(directory, "one")).state === state, 30);

  it("ends while a server is suspended, also for the next supervisor, and returns with its answers", async () => {
    const spec = server({}, { readyTimeoutSeconds: 1 });
    const { pid } = await apply(directory, "one", spec);
    process.kill(pid!, "SIGSTOP");
    await becomes("unready");
    await assert.rejects(apply(directory, "one", spec), {
      message: new RegExp(`^process 'one' is suspended: let it go on with 'kill -CONT ${pid}'; its log: `),
    });
    await killSupervisor(directory);
    await ensureSupervisor(directory);
    assert.equal((await statusOf(directory, "one")).state, "unready");
    process.kill(pid!, "SIGCONT");
    const again = await apply(directory, "one", spec);
    assert.deepEqual([again.state, again.pid, again.restarts], ["ready", pid, 0]);
  });

  it("is not reached in a crash loop, however often its probe passes for a moment", async () => {
    await apply(directory, "one", server({ LIFETIME: "300" }));
    await eventually("it has crashed", async () => (await statusOf(directory, "one")).restarts > 0, 20);
    const states = new Set<string>();
    for (const until = Date.now() + 2500; Date.now() < until; await sleep(20))
      states.add((await statusOf(directory, "one")).state);
    assert.ok(!states.has("ready"), [...states].join());
    const begun = Date.now();
    await assert.rejects(
      apply(directory, "one", server({ LIFETIME: "300" })),
      /^process 'one' exited with code 3 and is restarted again and again \(\d+ times so far\); its last output, from [^\n]*:\n( {2}out of luck\n?)+$/,
    );
    assert.ok(Date.now() - begun < 15_000);
  });

  it("comes back after one crash", async () => {
    const { pid } = await apply(directory, "one", server());
    process.kill(pid!, "SIGKILL");
    assert.equal((await waitForRestart(directory, "one", pid!)).restarts, 1);
  });
});

describe("supervisor: a start that takes long", function () {
  this.timeout(60_000);
  afterEach(clearFolders);

  it("says after seconds what is under way, with the last lines; a build has its own patience", async () => {
    const directory = supervisorFolder();
    const reports: string[] = [];
    const init = [
      {
        command: "/bin/sh",
        args: ["-c", "echo compiling; sleep 6; : > built"],
        creates: join(directory, "work", "built"),
      },
    ];
    const { state } = await apply(
      directory,
      "one",
      shellSpec(directory, SLEEP_SCRIPT, { init, readyTimeoutSeconds: 2 }),
      "one",
      (why) => reports.push(why),
    );
    assert.equal(state, "ready");
    assert.match(
      reports[0]!,
      /^process 'one' is still being prepared after \d s; its last output, from .*:\n {2}compiling$/,
    );
  });

  it("of a process that was ready before ends within seconds, although it has init steps", async () => {
    const directory = supervisorFolder();
    const flag = join(directory, "ok");
    writeFileSync(flag, "");
    const init = [{ command: "/bin/sh", args: ["-c", ": > built"], creates: join(directory, "work", "built") }];
    const spec = shellSpec(
      directory,
      `[ -e ${flag} ] || { echo lock file exists; exit 1; }; rm ${flag}; ${SLEEP_SCRIPT}`,
      { init },
    );
    const { pid } = await apply(directory, "one", spec);
    process.kill(pid!, "SIGKILL");
    const begun = Date.now();
    await assert.rejects(
      apply(directory, "one", spec),
      /^process 'one' exited with code 1 and is restarted again and again \(\d+ times so far\); its last output, from .*:\n( {2}lock file exists\n?)+$/,
    );
    assert.ok(Date.now() - begun < 15_000);
    assert.match(readFileSync(logPath(directory, "one"), "utf8"), /lock file exists/);
  });
});
