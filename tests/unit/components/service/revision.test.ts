import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { serviceRevision } from "../../../../components/service/revision.ts";
import { commit, temporaryFolder, writeFiles } from "../../../support/sample-repositories.ts";

describe("the revision of a service that stands alone (INF-14)", () => {
  let root: string;
  beforeEach(() => {
    root = temporaryFolder();
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it("changes with a source, and not with build output", () => {
    commit(writeFiles(root, { "main.go": "package main\n", ".gitignore": "dist/\n" }));
    const revision = () => serviceRevision({ folder: root, standalone: true });
    const first = revision();
    writeFiles(root, { "dist/out.js": "built", ".plinth/.gitignore": "*\n", ".plinth/built-x": "" });
    assert.equal(revision(), first);
    writeFiles(root, { "util.go": "package main\n" });
    assert.notEqual(revision(), first);
  });
});
