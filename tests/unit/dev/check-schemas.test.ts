import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { catalog } from "@plinth/schemas/catalog.ts";
import { SCHEMA_DIRECTORY } from "@plinth/schemas/folder.ts";
import { findJsonError } from "@plinth/schemas/gate/json-error.ts";
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

describe("the place of a mistake in JSON", () => {
  it("is found in every text that JSON.parse refuses, not before the mistake", () => {
    let refused = 0;
    for (let at = 0; at < BETS.length; at++) {
      for (const [text, changed] of [
        [BETS.slice(0, at), at],
        [BETS.slice(0, at) + BETS.slice(at + 1), at],
        [`${BETS.slice(0, at)}}${BETS.slice(at)}`, at],
      ] as const) {
        if (isJson(text)) continue;
        refused++;
        const { line, column, reason } = findJsonError(text);
        assert.match(reason, /^expected .+, but (found|the file ends)/);
        const lines = text.split("\n");
        assert.ok(line <= lines.length && column <= (lines[line - 1] ?? "").length + 1, `${line}:${column} is outside`);
        // A quote taken away turns the rest inside out; any other mistake shows at once or at the
        // end of its token.
        if (BETS[at] === "}" && text.length > BETS.length) assert.ok(offset(lines, line, column) >= changed);
      }
    }
    assert.ok(refused > 3000, `only ${refused} were refused`);
  });

  it("exists only in a text that is not JSON", () => assert.throws(() => findJsonError("[1, 2]"), /it has no mistake/));
});

function offset(lines: string[], line: number, column: number): number {
  return lines.slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0) + column - 1;
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
