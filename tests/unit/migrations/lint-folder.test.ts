import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFinding } from "@plinth/migrations/finding.ts";
import { lintFolder } from "@plinth/migrations/lint-folder.ts";

describe("a folder of migrations (PLT-5)", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-lint-"));
  after(() => rmSync(folder, { recursive: true }));

  it("refuses a file that is not UTF-8", async () => {
    writeFileSync(join(folder, "0001_latin.sql"), Buffer.from([0x2d, 0x2d, 0xe9]));
    assert.match(
      formatFinding((await lintFolder(folder, ".", ["0001_latin.sql"]))[0]!),
      /0001_latin.sql:1: the file is not UTF-8/,
    );
  });
});
