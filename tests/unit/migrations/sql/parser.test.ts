import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadParser } from "@plinth/migrations/sql/parser.ts";

describe("the SQL parser", () => {
  const row = "insert into t values ('é'); -- x\n";

  it("reads a file of more statements than libpg-query takes at once", async () => {
    const parser = await loadParser();
    const parsed = parser.parse(`${row.repeat(100_000)}select 1`);
    assert.ok("statements" in parsed);
    const bytes = Buffer.byteLength(row);
    assert.equal(parsed.statements.length, 100_001);
    assert.deepEqual(
      [0, 50_000, 99_999].map((index) => parsed.statements[index]!.start),
      [0, 50_000 * bytes, 99_999 * bytes],
    );
    const { start, end } = parsed.statements.at(-1)!;
    assert.deepEqual([start, end], [100_000 * bytes, 100_000 * bytes + 8]);
  });

  it("gives the place of a mistake far down such a file, in code points", async () => {
    const parser = await loadParser();
    const parsed = parser.parse(`${row.repeat(60_000)}selct 1;\n${row.repeat(60_000)}`);
    assert.deepEqual(parsed, {
      error: { message: 'syntax error at or near "selct"', character: row.length * 60_000 },
    });
  });

  it("finds the same statements, at the same places, as they are sent", async () => {
    const sql = readFileSync("services/wallet/migrations/0001_wallet.sql", "utf8");
    const parser = await loadParser();
    const parsed = parser.parse(sql);
    assert.ok("statements" in parsed);
    const bytes = Buffer.from(sql);
    assert.deepEqual(
      parsed.statements.map(({ start, end }) => bytes.toString("utf8", start, end).trimEnd()),
      parser.split(sql).statements.map(({ text }) => text),
    );
  });
});
