import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOrderError, findRewrittenHistory, listMigrations } from "@plinth/migrations/sql/migration-files.ts";

describe("migration files", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-migrations-"));
  after(() => rmSync(folder, { recursive: true }));

  it("are listed in order with their SHA-256, other files left alone", () => {
    for (const [name, text] of [
      ["0002_b.sql", "select 2"],
      ["0001_a.sql", "select 1"],
      ["README.md", ""],
    ] as const)
      writeFileSync(join(folder, name), text);
    const files = listMigrations(folder);
    assert.deepEqual(
      files.map(({ name }) => name),
      ["0001_a.sql", "0002_b.sql"],
    );
    assert.equal(files[0]!.checksum, "822ae07d4783158bc1912bb623e5107cc9002d519e1143a9c200ed6ee18b6d0f");
  });

  it("name the folder when their order is doubtful", () => {
    writeFileSync(join(folder, "0002_c.sql"), "");
    assert.throws(
      () => listMigrations(folder),
      new RegExp(`${folder}: 0002_b.sql and 0002_c.sql have the same number`),
    );
  });

  for (const [names, words] of [
    [["0001_a.sql", "0003_c.sql"], /^0002 is missing before 0003_c.sql/],
    [["0002_a.sql"], /^0001 is missing before 0002_a.sql/],
    [["1_a.sql"], /^1_a.sql is not named as a migration: four digits/],
    [["0001-a.sql"], /^0001-a.sql is not named/],
  ] as const) {
    it(`refuse the order ${names.join(", ")}`, () => assert.match(findOrderError(names) ?? "", words));
  }

  const [one, two] = [
    { name: "0001_a.sql", checksum: "aaaaaaaaaaaa" },
    { name: "0002_b.sql", checksum: "bbbbbbbbbbbb" },
  ];
  it("may follow what was applied", () => assert.equal(findRewrittenHistory([one], [one, two]), undefined));
  it("may not be edited once applied", () => {
    const reason = findRewrittenHistory([one], [{ ...one, checksum: "cccccccccccc" }])?.reason ?? "";
    assert.match(
      reason,
      /0001_a.sql was edited after it was applied \(applied as aaaaaaaa, now cccccccc\): .* new migration/,
    );
  });
  it("may not be taken away once applied", () =>
    assert.match(
      findRewrittenHistory([one, two], [one])?.reason ?? "",
      /0002_b.sql was applied, but the file is gone/,
    ));
});
