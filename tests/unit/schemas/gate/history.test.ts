import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { generateTypes } from "@plinth/schemas/codegen/generate.ts";
import { listPublishedSchemas, loadSchemas } from "@plinth/schemas/folder.ts";
import { checkFolder } from "@plinth/schemas/gate/gate.ts";
import { fileDigest } from "@plinth/schemas/gate/identity.ts";
import { checkSchemas } from "../../../../dev/check-schemas.ts";
import {
  entryFor,
  event,
  type Json,
  recordedFolder,
  removeFolders,
  schemaFolder,
  writeFiles,
} from "../../../support/schema-folder.ts";

const ENTRY = entryFor("T");
const reasons = (directory: string) =>
  checkFolder(loadSchemas(directory), [ENTRY]).map(({ file, reason }) => `${file}: ${reason}`);
const note = (name: string): Json => ({ name, type: ["null", "string"], default: null });
const first = event({}, [note("a")]);
const second = event({}, [note("a"), note("b")]);
const third = event({}, [note("a"), note("b"), note("c")]);
const versions = (directory: string) => readdirSync(join(directory, "history/T")).toSorted();
const versionFile = (directory: string, version: number) =>
  `history/T/${versions(directory).find((name) => name.startsWith(`${version}-`))}`;

describe("recorded versions of a schema", () => {
  afterEach(removeFolders);

  it("are numbered from 1, and a second run records nothing", () => {
    const directory = recordedFolder(ENTRY, first, second, third);
    assert.deepEqual(
      versions(directory).map((name) => name.split("-")[0]),
      ["1", "2", "3"],
    );
    assert.deepEqual(generateTypes(directory, [ENTRY]), { findings: [], recorded: [], changed: [] });
    assert.equal(listPublishedSchemas(loadSchemas(directory), [ENTRY])[0]?.version, 3);
  });

  for (const [label, text] of [
    ["layout", JSON.stringify(first)],
    ["line ends", JSON.stringify(first, null, 2).replaceAll("\n", "\r\n")],
    ["documentation", JSON.stringify({ ...first, doc: "Said better" })],
    ["the order of attributes", JSON.stringify(Object.fromEntries(Object.entries(first).toReversed()))],
  ] as const) {
    it(`need no new version for another ${label}, which is not published either`, () => {
      const directory = recordedFolder(ENTRY, first);
      const published = listPublishedSchemas(loadSchemas(directory), [ENTRY]);
      writeFiles(directory, { "T.avsc": text });
      assert.deepEqual(reasons(directory), []);
      assert.deepEqual(generateTypes(directory, [ENTRY]).recorded, []);
      assert.deepEqual(listPublishedSchemas(loadSchemas(directory), [ENTRY]), published);
    });
  }

  for (const [label, form] of [
    ["default", event({}, [{ name: "a", type: ["null", "string"] }])],
    ["alias", event({}, [{ name: "a", type: ["null", "string"], default: null, aliases: ["old"] }])],
    [
      "logical type",
      event(
        {},
        [note("a")].map((one) => ({
          ...(one as object),
          type: ["null", { type: "string", logicalType: "uuid" }],
        })) as Json[],
      ),
    ],
    ["field called doc", event({}, [note("a"), note("doc")])],
  ] as [string, Json][]) {
    it(`need a new version for another ${label}`, () => {
      const directory = recordedFolder(ENTRY, first);
      writeFiles(directory, { "T.avsc": form });
      assert.deepEqual(reasons(directory), ["T.avsc: differs from version 1, the newest in schemas/history"]);
    });
  }

  it("refuse a topic that was never recorded, and its publication", () => {
    const directory = schemaFolder({ "T.avsc": first });
    assert.deepEqual(reasons(directory), ["T.avsc: no version of it is in schemas/history"]);
    assert.throws(
      () => listPublishedSchemas(loadSchemas(directory), [ENTRY]),
      /schemas\/history has no version of T.avsc: run make generate/,
    );
  });

  it("refuse a changed version, without git", () => {
    const directory = recordedFolder(ENTRY, first, second);
    const path = versionFile(directory, 1);
    writeFiles(directory, { [path]: second });
    assert.deepEqual(reasons(directory), [
      `${path}: the content was changed: its digest is ${fileDigest(JSON.stringify(second, null, 2))}`,
    ]);
  });

  it("refuse a version that is not a schema under the right digest", () => {
    const directory = recordedFolder(ENTRY, first);
    const path = `history/T/2-${fileDigest("{")}.avsc`;
    writeFiles(directory, { [path]: "{" });
    assert.deepEqual(reasons(directory).slice(0, 1), [
      `${path}: not JSON: expected a name in double quotes, but the file ends`,
    ]);
  });

  it("refuse a gap, a number used twice and an unknown file", () => {
    const directory = recordedFolder(ENTRY, first, second, third);
    rmSync(join(directory, versionFile(directory, 2)));
    const twice = `history/T/3-${fileDigest("twice")}.avsc`;
    writeFiles(directory, { [twice]: "twice", "history/T/readme.txt": "hello", "history/loose.avsc": "hello" });
    const found = reasons(directory);
    for (const reason of ["history/T: version 2 is missing", "history/T: two files are version 3"])
      assert.ok(found.includes(reason), found.join("\n"));
    assert.equal(found.filter((reason) => /not the name of a version/.test(reason)).length, 2);
  });

  it("refuse versions of a file that is gone", () => {
    const directory = recordedFolder(ENTRY, first);
    renameSync(join(directory, "T.avsc"), join(directory, "T.txt"));
    assert.ok(reasons(directory).includes("history/T: versions of a file that is gone: schemas/T.avsc"));
  });

  describe("against git", () => {
    const git = (directory: string, ...args: string[]) =>
      execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@t", ...args], { cwd: directory, stdio: "pipe" });
    const commit = (directory: string) => {
      git(directory, "add", ".");
      git(directory, "commit", "-q", "-m", "x");
    };
    const committed = () => {
      const directory = recordedFolder(ENTRY, first, second);
      git(directory, "init", "-q", "-b", "main");
      commit(directory);
      return directory;
    };
    const found = (directory: string, since?: string) =>
      checkSchemas(directory, [ENTRY], since).findings.map(({ file, reason }) => `${file}: ${reason}`);

    it("pass unchanged, and with a new version that no commit has", () => {
      const directory = committed();
      assert.deepEqual(found(directory), []);
      writeFiles(directory, { "T.avsc": third });
      generateTypes(directory, [ENTRY]);
      assert.deepEqual(found(directory), []);
    });

    it("refuse the removal of the newest version together with its change", () => {
      const directory = committed();
      const path = versionFile(directory, 2);
      rmSync(join(directory, path));
      writeFiles(directory, { "T.avsc": first });
      assert.deepEqual(reasons(directory), [], "no digest shows it");
      assert.deepEqual(found(directory), [`${path}: the version was removed since HEAD`]);
    });

    it("refuse a version renamed to match its new content, and with --since also once it is committed", () => {
      const directory = committed();
      const path = versionFile(directory, 2);
      rmSync(join(directory, path));
      const text = JSON.stringify(third);
      writeFiles(directory, { "T.avsc": text, [`history/T/2-${fileDigest(text)}.avsc`]: text });
      generateTypes(directory, [ENTRY]);
      assert.deepEqual(found(directory), [`${path}: the version was removed since HEAD`]);
      git(directory, "branch", "base");
      commit(directory);
      assert.deepEqual(found(directory), []);
      assert.deepEqual(found(directory, "base"), [`${path}: the version was removed since base`]);
    });

    it("let a retired topic take its versions with it", () => {
      const directory = committed();
      rmSync(join(directory, "history/T"), { recursive: true });
      rmSync(join(directory, "T.avsc"));
      generateTypes(directory, []);
      assert.deepEqual(checkSchemas(directory, []).findings, []);
    });

    it("name a commit to compare with that does not exist", () => {
      assert.throws(() => found(committed(), "nowhere"), /'nowhere' names no commit: give --since an existing one/);
    });
  });

  it("are kept as they were written", () => {
    const directory = recordedFolder(ENTRY, first);
    assert.equal(readFileSync(join(directory, versionFile(directory, 1)), "utf8"), JSON.stringify(first, null, 2));
  });
});
