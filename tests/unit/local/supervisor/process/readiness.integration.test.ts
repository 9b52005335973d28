import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { apply, logPath, remove, status } from "@plinth/local/supervisor/client.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../../../../support/eventually.ts";
import { SLEEP_SCRIPT, shellSpec } from "../../../../support/supervisor/shell-spec.ts";
import { clearFolders, statusOf, supervisorFolder } from "../../../../support/supervisor/supervisor.ts";

describe("supervisor: readiness", () => {
  afterEach(clearFolders);

  const waits = 0.3;
  const listener = (port: number) =>
    `setTimeout(() => require("net").createServer().listen(${port}, "127.0.0.1"), ${waits * 1000})`;

  it("resolves once a port accepts connections", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    const begun = Date.now();
    const ready = await apply(
      directory,
      "one",
      shellSpec(directory, "", {
        command: process.execPath,
        args: ["-e", listener(port)],
        ready: { kind: "tcp", port },
        ports: { main: port },
      }),
    );
    assert.equal(ready.state, "ready");
    assert.ok(Date.now() - begun >= waits * 1000);
  });

  it("resolves once a path answers 2xx, not before", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    const server = `let n = 0; require("http").createServer((_, r) => { r.statusCode = ++n < 4 ? 503 : 200; r.end(String(n)); }).listen(${port}, "127.0.0.1")`;
    await apply(
      directory,
      "one",
      shellSpec(directory, "", {
        command: process.execPath,
        args: ["-e", server],
        ready: { kind: "http", port, path: "/ready" },
        ports: { main: port },
      }),
    );
    assert.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), "5");
  });

  it("resolves once the output has a line, but not for a line of an earlier start", async () => {
    const directory = supervisorFolder();
    await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT));
    const begun = Date.now();
    await apply(directory, "one", shellSpec(directory, `sleep ${waits}; ${SLEEP_SCRIPT}`));
    assert.ok(Date.now() - begun >= waits * 1000);
  });

  it("gives the process its files, its environment and little else, and an empty input", async () => {
    const directory = supervisorFolder();
    const file = join(directory, "conf", "a.conf");
    const spec = shellSpec(directory, `cat; cat ${file}; env; pwd; ${SLEEP_SCRIPT}`, {
      files: { [file]: "from the file\n" },
      environment: { PLAIN: "1" },
      secrets: { TOKEN: "hidden" },
    });
    process.env.PULUMI_TEST_LEAK = "leaked";
    await apply(directory, "one", spec);
    delete process.env.PULUMI_TEST_LEAK;
    const log = readFileSync(logPath(directory, "one"), "utf8");
    for (const line of ["from the file", "PLAIN=1", "TOKEN=hidden", `PATH=${process.env.PATH}`, spec.cwd])
      assert.ok(log.includes(line), line);
    assert.doesNotMatch(log, /leaked|PULUMI/);
  });

  it("does nothing for the same specification, and restarts for another", async () => {
    const directory = supervisorFolder();
    const spec = shellSpec(directory, SLEEP_SCRIPT, { secrets: { A: "1", B: "2" } });
    const first = await apply(directory, "one", spec);
    assert.equal((await apply(directory, "one", { ...spec, secrets: { B: "2", A: "1" } })).pid, first.pid);
    const second = await apply(directory, "one", { ...spec, revision: "2" });
    assert.notEqual(second.pid, first.pid);
    assert.equal(second.restarts, 0);
  });

  it("serialises concurrent changes of one name: the last one wins", async () => {
    const directory = supervisorFolder();
    const slow = apply(directory, "one", shellSpec(directory, "sleep 600"));
    const refused = assert.rejects(slow, /process 'one': a newer configuration came before it was ready/);
    await eventually("the first is being started", async () => (await status(directory)).length === 1);
    assert.equal((await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT))).state, "ready");
    await refused;
  });

  it("ends a process that is not ready in time, with the probe and its last output in the error", async () => {
    const directory = supervisorFolder();
    const spec = shellSpec(directory, "echo connecting to postgres://app:geheim@db as $TOKEN; exec sleep 600", {
      readyTimeoutSeconds: 1,
      secrets: { TOKEN: "s3cret-token" },
    });
    await assert.rejects(apply(directory, "one", spec), (error: Error) => {
      assert.match(
        error.message,
        /^process 'one' was not ready within 1 s \(no line with 'ready' in its output\) and was ended; its last output, from .*one.log:\n {2}connecting/,
      );
      assert.match(error.message, /postgres:\/\/app:\*\*\*@db as \*\*\*$/);
      return true;
    });
    assert.deepEqual(
      [(await statusOf(directory, "one")).state, (await statusOf(directory, "one")).pid],
      ["failed", undefined],
    );
  });

  it("gives up a first start that keeps ending, with its exit code in the error", async () => {
    const directory = supervisorFolder();
    const spec = shellSpec(directory, "echo start >> ../starts; echo no such setting >&2; exit 3", {
      readyTimeoutSeconds: 60,
    });
    await assert.rejects(
      apply(directory, "one", spec),
      /^process 'one' exited with code 3; its last output, from [^\n]*:\n {2}no such setting$/,
    );
    assert.equal(readFileSync(join(directory, "starts"), "utf8"), "start\n".repeat(5));
    assert.equal((await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT))).state, "ready");
  });

  it("names a command that does not exist", async () => {
    const directory = supervisorFolder();
    await assert.rejects(
      apply(directory, "one", shellSpec(directory, "", { command: "no-such-program" })),
      /process 'one' command 'no-such-program' was not found/,
    );
  });

  it("keeps state and logs from other users", async () => {
    const directory = supervisorFolder();
    await apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT, { secrets: { A: "hidden" } }));
    const mode = (...path: string[]) => statSync(join(directory, ...path)).mode & 0o777;
    assert.deepEqual(
      [mode("supervisor"), mode("supervisor", "processes", "one.json"), mode("logs", "one.log")],
      [0o700, 0o600, 0o600],
    );
  });

  it("removes nothing and reports nothing where no process ever ran", async () => {
    const directory = supervisorFolder();
    await remove(directory, "one");
    assert.deepEqual(await status(directory), []);
    assert.equal(existsSync(join(directory, "supervisor")), false);
  });

  it("says in one sentence that a directory cannot be written", async () => {
    const directory = "/dev/null/data";
    await assert.rejects(apply(directory, "one", shellSpec(directory, SLEEP_SCRIPT)), {
      message:
        "The platform keeps its data, logs and state in /dev/null/data, but cannot write there (ENOTDIR): give this user access or choose another folder",
    });
  });
});
