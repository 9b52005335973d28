import assert from "node:assert/strict";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { applyChanges } from "../../../../cli/service-files/file-change.ts";
import { temporaryFolder } from "../../../support/sample-repositories.ts";

describe("changes of a service's files", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const change = (name: string, content: string | undefined) => ({ file: join(folder, name), label: name, content });

  it("are undone byte by byte, with the folders that they made, when one fails", () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0x80]);
    writeFileSync(join(folder, "first"), bytes);
    mkdirSync(join(folder, "third"));
    assert.throws(
      () => applyChanges([change("first", "a"), change("new/deep/second", "b"), change("third", "c")]),
      /Nothing was written: EISDIR/,
    );
    assert.deepEqual(readFileSync(join(folder, "first")), bytes);
    assert.deepEqual(readdirSync(folder).sort(), ["first", "third"]);
  });

  it("never replace or remove a file that has the name of a draft", () => {
    writeFileSync(join(folder, "Dockerfile.plinth-new"), "mine");
    assert.throws(() => applyChanges([change("a", "a"), change("Dockerfile", "b")]), /Nothing was written: EEXIST/);
    assert.equal(readFileSync(join(folder, "Dockerfile.plinth-new"), "utf8"), "mine");
    assert.ok(!existsSync(join(folder, "a")));
  });
});
