import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { lintMigrations } from "@plinth/migrations/lint.ts";
import { loadParser } from "@plinth/migrations/sql/parser.ts";

describe("the migration linter (PLT-5)", () => {
  it("judges a thousand files of the wallet's size in seconds", async () => {
    const parser = await loadParser();
    const sql = readFileSync("services/wallet/migrations/0001_wallet.sql", "utf8");
    const seconds = (work: () => void) => {
      const start = performance.now();
      work();
      return (performance.now() - start) / 1000;
    };
    const files = Array.from({ length: 1000 }, (_, index) => ({ name: `${index}.sql`, path: `${index}.sql`, sql }));
    const parsing = seconds(() => {
      for (const file of files) parser.parse(file.sql);
    });
    const judging = seconds(() => {
      for (const file of files) lintMigrations([file], parser);
    });
    console.log(
      `      1,000 files of ${sql.length} characters: parsed in ${parsing.toFixed(1)} s, parsed and judged in ${judging.toFixed(1)} s`,
    );
    assert.ok(judging < 30, `${judging} s`);
  });
});
