import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { ignoreMissing, listSourceFiles, sourceRevision } from "../../../../components/base/source-revision.ts";
import { commit, temporaryFolder, writeFiles } from "../../../support/sample-repositories.ts";

describe("source files", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryFolder();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const files = { "main.go": "package main\n", ".gitignore": "dist/\n", "dist/out.js": "built", "vendor/x.go": "" };

  it("are all that git does not ignore", () => {
    commit(writeFiles(root, files));
    assert.deepEqual(listSourceFiles(root), [".gitignore", "main.go", "vendor/x.go"]);
  });

  it("are all but the folders of package managers outside of git", () =>
    assert.deepEqual(listSourceFiles(writeFiles(root, files)), [".gitignore", "dist/out.js", "main.go"]));

  it("may be missing while they are read", () => {
    const fail = (code: string) => () => {
      throw Object.assign(new Error(code), { code });
    };
    assert.equal(ignoreMissing(fail("ENOENT")), undefined);
    assert.throws(() => ignoreMissing(fail("EACCES")), /EACCES/);
  });

  it("have one revision as long as they are the same", () =>
    assert.equal(sourceRevision(["schemas/avro"]), sourceRevision(["schemas/avro"])));
});
