import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { SCHEMA_DIRECTORY } from "@plinth/schemas/folder.ts";
import { findJsonError } from "@plinth/schemas/gate/json-error.ts";

const BETS = readFileSync(join(SCHEMA_DIRECTORY, "V1_BETS.avsc"), "utf8");

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
