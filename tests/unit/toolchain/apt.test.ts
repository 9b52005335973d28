import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { aptInstaller } from "@plinth/toolchain/apt.ts";

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
});
