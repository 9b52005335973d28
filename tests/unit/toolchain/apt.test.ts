import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { aptInstaller, withServiceStartBlocked } from "@plinth/toolchain/apt.ts";

describe("the installation of Debian packages (INF-16)", () => {
  it("runs as root, and reads the package lists when the package is not found", async function () {
    if (process.getuid?.() !== 0) return this.skip();
    const folder = mkdtempSync(join(tmpdir(), "plinth-apt-"));
    const path = process.env.PATH;
    try {
      const calls = join(folder, "calls");
      // Fails until the lists were read, as on a machine that has none.
      writeFileSync(
        join(folder, "apt-get"),
        `#!/bin/sh\necho "$*" >> ${calls}\n[ "$1" = update ] && touch ${folder}/lists\n[ -e ${folder}/lists ]\n`,
      );
      chmodSync(join(folder, "apt-get"), 0o755);
      process.env.PATH = `${folder}:${path}`;
      const progress: string[] = [];
      await aptInstaller("redis-server", "some seconds").install!.run((line) => progress.push(line));
      const install = "install -y --no-install-recommends redis-server";
      assert.deepEqual(readFileSync(calls, "utf8").trim().split("\n"), [install, "update", install]);
      assert.deepEqual(progress, ["installing Debian's redis-server", "reading the package lists first"]);
    } finally {
      process.env.PATH = path;
      rmSync(folder, { recursive: true });
    }
  });

  describe("keeps servers from starting meanwhile", () => {
    let folder: string;
    let policy: string;
    beforeEach(() => {
      folder = mkdtempSync(join(tmpdir(), "plinth-policy-"));
      policy = join(folder, "policy-rc.d");
    });
    afterEach(() => rmSync(folder, { recursive: true }));

    it("by a file that goes with it, also when it fails", async () => {
      await withServiceStartBlocked(async () => assert.match(readFileSync(policy, "utf8"), /^exit 101$/m), policy);
      assert.ok(!existsSync(policy));
      await assert.rejects(
        withServiceStartBlocked(() => Promise.reject(new Error("no")), policy),
        /no/,
      );
      assert.ok(!existsSync(policy));
    });

    it("and takes away what a killed setup left, but no other file", async () => {
      const ended = spawnSync("true").pid;
      writeFileSync(policy, `#!/bin/sh\n# Written by 'make setup' of Plinth, process ${ended}\nexit 101\n`);
      await withServiceStartBlocked(async () => undefined, policy);
      assert.ok(!existsSync(policy));
      writeFileSync(policy, "#!/bin/sh\nexit 0\n");
      await withServiceStartBlocked(async () => undefined, policy);
      assert.equal(readFileSync(policy, "utf8"), "#!/bin/sh\nexit 0\n");
    });

    it("and takes it away on Ctrl-C", () => {
      const code = `import { withServiceStartBlocked } from "@plinth/toolchain/apt.ts";
        await withServiceStartBlocked(async () => { process.kill(process.pid, "SIGINT"); await new Promise((r) => setTimeout(r, 5000)); }, ${JSON.stringify(policy)});`;
      const { signal } = spawnSync(process.execPath, ["--input-type=module", "-e", code], { cwd: root });
      assert.equal(signal, "SIGINT");
      assert.ok(!existsSync(policy));
    });
  });
});
