import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fillAtomically } from "@plinth/toolchain/go/build.ts";

describe("a folder that is filled atomically", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-toolchain-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("does not exist after an interruption", async () => {
    const built = join(folder, "thing-1.0", "bin");
    mkdirSync(join(folder, "thing-1.0"));
    const interrupted = fillAtomically(built, async (partial) => {
      writeFileSync(join(partial, "half"), "");
      throw new Error("interrupted");
    });
    await assert.rejects(interrupted, /interrupted/);
    assert.deepEqual(readdirSync(join(folder, "thing-1.0")), []);
    await fillAtomically(built, async (partial) => writeFileSync(join(partial, "all"), ""));
    assert.deepEqual(readdirSync(built), ["all"]);
  });
});
