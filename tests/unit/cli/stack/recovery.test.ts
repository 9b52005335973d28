import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { removeStaleLocks } from "../../../../cli/stack/recovery.ts";

describe("the lock that an engine holds on a stack (PLT-10)", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-locks-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const lock = (facts: { pid: number; hostname?: string; timestamp?: string }) => {
    const file = join(folder, "0f0e.json");
    writeFileSync(
      file,
      JSON.stringify({ username: "someone", hostname: hostname(), timestamp: new Date().toISOString(), ...facts }),
    );
    return file;
  };
  /** A program of that name is what counts, so a copy of `sleep` does. */
  const fakeEngine = async () => {
    const engine = join(mkdtempSync(join(folder, "bin-")), "pulumi");
    copyFileSync("/bin/sleep", engine);
    const child = spawn(engine, ["60"]);
    await new Promise((resolve) => child.once("spawn", resolve));
    return child;
  };
  const endedPid = () => spawnSync("true").pid;

  it("is removed when its engine has ended", () => {
    const file = lock({ pid: endedPid() });
    removeStaleLocks(folder);
    assert.equal(existsSync(file), false);
  });

  it("is removed when another program has its process number", () => {
    const file = lock({ pid: process.pid });
    removeStaleLocks(folder);
    assert.equal(existsSync(file), false);
  });

  it("is refused while its engine runs, with its process", async () => {
    const child = await fakeEngine();
    try {
      const file = lock({ pid: child.pid! });
      assert.throws(
        () => removeStaleLocks(folder),
        new RegExp(`Another engine \\(process ${child.pid}, since .*wait until it is done`),
      );
      assert.equal(existsSync(file), true);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is removed when a later engine has its process number", async () => {
    const child = await fakeEngine();
    try {
      const file = lock({ pid: child.pid!, timestamp: new Date(Date.now() - 3_600_000).toISOString() });
      removeStaleLocks(folder);
      assert.equal(existsSync(file), false);
    } finally {
      child.kill("SIGKILL");
    }
  });

  it("is refused when another machine holds it, with the remedy", () => {
    lock({ pid: 1, hostname: "elsewhere" });
    assert.throws(() => removeStaleLocks(folder), /someone on elsewhere \(process 1\).*pulumi cancel/);
  });

  it("may be absent", () => removeStaleLocks(join(folder, "absent")));
});
