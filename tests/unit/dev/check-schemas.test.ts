import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "@plinth/schemas/catalog.ts";
import { SCHEMA_DIRECTORY } from "@plinth/schemas/folder.ts";
import { removeFolders, schemaFolder, writeFiles } from "../../support/schema-folder.ts";

const CHECK = join(import.meta.dirname, "../../../dev/check-schemas.ts");
const BETS = readFileSync(join(SCHEMA_DIRECTORY, "V1_BETS.avsc"), "utf8");

function copied(): string {
  const directory = schemaFolder({});
  for (const part of ["history", "generated"])
    cpSync(join(SCHEMA_DIRECTORY, part), join(directory, part), { recursive: true });
  for (const { file } of catalog) cpSync(join(SCHEMA_DIRECTORY, file), join(directory, file));
  return directory;
}

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CHECK, ...args], { encoding: "utf8" });
  return { status, stdout: stdout.trim(), lines: stderr.split("\n").filter(Boolean) };
}

describe("make check-schemas", () => {
  afterEach(removeFolders);

  it("passes what is committed, with the count", () =>
    assert.deepEqual(run(), { status: 0, stdout: `${catalog.length} schemas checked`, lines: [] }));

  it("prints a line for each finding and ends with 1", () => {
    const directory = copied();
    const broken = BETS.replace('"amount_cents", "type": "long"', '"amount_cents", "type": "double"').replace(
      '"BET_SETTLED", ',
      "",
    );
    assert.notEqual(broken, BETS);
    writeFiles(directory, { "V1_BETS.avsc": broken, "V1_SYSTEM.avsc": "{" });
    const { status, stdout, lines } = run("--folder", directory);
    assert.equal(status, 1);
    assert.equal(stdout, `${catalog.length} schemas checked, 3 findings`);
    assert.match(
      lines[0] ?? "",
      /^V1_BETS\.avsc: event_data\.amount_cents: 'amount_cents' names money, but the type is double/,
    );
    assert.match(
      lines[1] ?? "",
      /^V1_BETS\.avsc: event_type: not BACKWARD_TRANSITIVE: .*lacks the symbols BET_SETTLED \(against version 1\); put them back/,
    );
    assert.match(
      lines[2] ?? "",
      /^V1_SYSTEM\.avsc: line 1, column 2: not JSON: expected a name in double quotes, but the file ends; mend the JSON$/,
    );
    assert.equal(lines.length, 3);
  });

  it("says which generated file is stale", () => {
    const directory = copied();
    writeFiles(directory, { "generated/V1_BETS.ts": "export {};" });
    assert.deepEqual(run("--folder", directory).lines, ["generated/V1_BETS.ts: generated is stale; run make generate"]);
  });
});
