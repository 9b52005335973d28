import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { detectPython } from "../../../../../cli/add-service/languages/python.ts";
import { openSourceFolder } from "../../../../../cli/service-files/source-folder.ts";
import { temporaryFolder, writeFiles } from "../../../../support/sample-repositories.ts";

describe("add-service: Python services (SDG-1)", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const detect = (pyproject: string) => {
    writeFiles(folder, { "pyproject.toml": pyproject, "main.py": "print()\n" });
    return detectPython(openSourceFolder(folder));
  };
  const installed = (pyproject: string) => detect(pyproject)?.build[1]?.slice(4) ?? [];

  it("installs the dependencies of pyproject.toml, and nothing that a comment quotes", () =>
    assert.deepEqual(
      installed(`[project]
name = "orders"
dependencies = [
  "fastapi>=0.110",  # "uvicorn" is in the base image
  'psycopg[binary]',
  # "left-out",
]
`),
      ["fastapi>=0.110", "psycopg[binary]"],
    ));

  it("reads the dependencies of the project alone, whatever other tables say", () =>
    assert.deepEqual(installed('[tool.other]\ndependencies = ["other"]\n[project]\ndependencies = ["flask"]\n'), [
      "flask",
    ]));

  it("installs the package itself where it has a build system", () =>
    assert.deepEqual(installed('[build-system]\nrequires = ["hatchling"]\n[project]\ndependencies = ["flask"]\n'), [
      ".",
    ]));

  it("takes the description of the project, quotes included", () =>
    assert.equal(detect(`[project]\ndescription = 'Orders of "all" kinds'\n`)?.description, 'Orders of "all" kinds'));

  it("refuses a pyproject.toml that is not TOML in one sentence, with the line", () =>
    assert.throws(() => detect("[project]\ndependencies = [\n"), /pyproject\.toml cannot be read: .*, line 3$/));
});
