import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { javaTool } from "@plinth/toolchain/kafka/java.ts";

describe("the Java of this machine (INF-16)", () => {
  it("is refused in one sentence when it is too old", async () => {
    const folder = mkdtempSync(join(tmpdir(), "plinth-java-"));
    const path = process.env.PATH;
    try {
      mkdirSync(join(folder, "bin"));
      writeFileSync(join(folder, "bin", "java"), "#!/bin/sh\n");
      chmodSync(join(folder, "bin", "java"), 0o755);
      writeFileSync(join(folder, "release"), 'JAVA_VERSION="11.0.2"\n');
      process.env.PATH = join(folder, "bin");
      assert.equal(
        await javaTool.find(),
        `Java 11.0.2 (${folder}/bin/java) is too old for the broker: at least 17 is needed`,
      );
      process.env.PATH = folder;
      assert.equal(await javaTool.find(), undefined);
    } finally {
      process.env.PATH = path;
      rmSync(folder, { recursive: true });
    }
  });
});
