import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { downloadGoModule } from "@plinth/toolchain/go/module.ts";

describe("a downloaded Go module (INF-16)", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-toolchain-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is refused when its checksum is not the pinned one", async () => {
    const go = join(folder, "go");
    writeFileSync(go, `#!/bin/sh\necho '{"Dir": "${folder}", "Sum": "h1:another="}'\n`);
    chmodSync(go, 0o755);
    const module = { path: "example.com/module", version: "v1.0.0", sum: "h1:pinned=" };
    await assert.rejects(
      downloadGoModule(go, module),
      /^example\.com\/module@v1\.0\.0 has checksum h1:another=, but h1:pinned= was expected/,
    );
    assert.equal(await downloadGoModule(go, { ...module, sum: "h1:another=" }), folder);
  });
});
