import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { removeStalePidFiles } from "@plinth/local/supervisor/process/pid-file.ts";
import { identify } from "@plinth/local/supervisor/system/identity.ts";
import { shellSpec } from "../../../../support/supervisor/shell-spec.ts";

describe("the pid file of a server that was killed", () => {
  let folder: string;
  let file: string;
  const children: ChildProcess[] = [];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-pid-"));
    mkdirSync(join(folder, "data"));
    file = join(folder, "data", "server.pid");
  });
  afterEach(() => {
    for (const child of children.splice(0)) child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });

  const start = (program: string, cwd: string): number => {
    const child = spawn(program, ["60"], { cwd, stdio: "ignore" });
    children.push(child);
    return child.pid!;
  };
  const ofSleep = () => shellSpec(folder, "", { command: "/bin/sleep", pidFiles: [file] });
  const remove = (text: string, last?: { pid: number; started: string }): boolean => {
    writeFileSync(file, text);
    removeStalePidFiles(ofSleep(), last);
    return !existsSync(file);
  };

  it("is removed when no process has the number", () => {
    const { pid } = spawnSync("true");
    assert.equal(remove(`${pid}\n/data\n`), true);
  });

  it("is removed when another program has the number, of this user or not", () => {
    for (const pid of [process.pid, 1, start("tail", "/")]) assert.equal(remove(`${pid}\n`), true, String(pid));
  });

  it("is removed when it holds no number, as after a power cut", () => {
    for (const text of ["", "\0\0\0\0", "what"]) assert.equal(remove(text), true, JSON.stringify(text));
  });

  it("is removed when the same program works on other data", () => {
    assert.equal(remove(`${start("sleep", folder)}\n`), true);
  });

  it("is removed when the number was the server's in an earlier boot", () => {
    const pid = start("sleep", join(folder, "data"));
    assert.equal(remove(`${pid}\n`, { pid, started: `another-boot/${identify(pid)!.started.split("/")[1]}` }), true);
  });

  it("is kept while its server runs, which is named with what to do", () => {
    const pid = start("sleep", join(folder, "data"));
    for (const text of [`${pid}\n`, `-${pid}\n`])
      assert.throws(() => remove(text, identify(pid)), {
        message: `cannot start: by ${file}, process ${pid} (sleep 60) uses the same data. End that process; if it has nothing to do with the data, remove the file`,
      });
    assert.equal(existsSync(file), true);
  });
});
