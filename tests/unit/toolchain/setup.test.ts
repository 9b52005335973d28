import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { controlPlaneTools } from "@plinth/toolchain/tools.ts";

describe("the tools of the cluster tests (INF-16)", () => {
  const { PATH, XDG_CACHE_HOME } = process.env;
  let folder: string;

  /** A machine with only these programs, and nothing built. */
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-parts-"));
    process.env.PATH = folder;
    process.env.XDG_CACHE_HOME = folder;
  });
  afterEach(() => {
    for (const [name, value] of Object.entries({ PATH, XDG_CACHE_HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    rmSync(folder, { recursive: true });
  });
  const program = (name: string, script: string) => {
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(folder, name), 0o755);
    return join(folder, name);
  };

  it("start with the installation of etcd, before anything is built", async () => {
    assert.match(controlPlaneTools[0]!.remedy, /^(sudo )?(apt-get install -y etcd-server|brew install etcd)$/);
    // Root calls apt-get itself.
    program("apt-get", 'echo no such package; [ "$1" = update ]');
    await assert.rejects(
      installMissing(controlPlaneTools),
      /etcd is missing\. Type: |'apt-get install .* etcd-server' ended with exit code 1:\nno such package/,
    );
    assert.deepEqual(readdirSync(folder), ["apt-get"]);
  });

  it("need Go where nothing is built", async () => {
    program("etcd", 'echo "etcd Version: 3.4.23"');
    await assert.rejects(installMissing(controlPlaneTools), /cannot be fetched \(no Go\): install Go 1\.26 or later/);
  });
});
