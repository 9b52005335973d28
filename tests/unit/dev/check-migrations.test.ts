import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFinding } from "@plinth/migrations/finding.ts";
import { lintMigrations } from "@plinth/migrations/lint.ts";
import { lintFolder } from "@plinth/migrations/lint-folder.ts";
import { parseConcurrentIndex } from "@plinth/migrations/sql/concurrent-index.ts";
import { loadParser } from "@plinth/migrations/sql/parser.ts";
import { checkMigrations } from "../../../dev/check-migrations.ts";
import { table } from "../../support/migration-lint.ts";

const wallet = "services/wallet/migrations";

describe("make check-migrations (PLT-5)", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-check-"));
  after(() => rmSync(folder, { recursive: true }));
  const service = (changes: object) => {
    mkdirSync(join(folder, "services/wallet"), { recursive: true });
    const descriptor = { ...JSON.parse(readFileSync("services/wallet/plinth.json", "utf8")), ...changes };
    writeFileSync(join(folder, "services/wallet/plinth.json"), JSON.stringify(descriptor));
  };

  it("finds every service of the repository clean", async () => {
    const { files, findings } = await checkMigrations();
    assert.deepEqual(findings.map(formatFinding), []);
    assert.ok(files >= readdirSync(wallet).length);
  });

  it("names file, line and remedy of what it refuses", async () => {
    service({ migrations: wallet });
    mkdirSync(join(folder, wallet), { recursive: true });
    writeFileSync(join(folder, wallet, "0001_a.sql"), `${table("a")}\ncreate unique index i on a (id);`);
    const { findings } = await checkMigrations(folder);
    assert.deepEqual(findings.map(formatFinding), [
      `${wallet}/0001_a.sql:3: unique index i of tenant table a lacks tenant_id; make it (tenant_id, id): shards judge uniqueness alone, each for its tenants [tenant-key]`,
    ]);
  });

  it("says which descriptor names a folder that is not there", async () => {
    service({ migrations: "services/wallet/nowhere" });
    await assert.rejects(
      checkMigrations(folder),
      /services\/wallet\/plinth.json: 'migrations' is services\/wallet\/nowhere, which is not a folder/,
    );
  });

  it("refuses a file that is not UTF-8", async () => {
    writeFileSync(join(folder, "0001_latin.sql"), Buffer.from([0x2d, 0x2d, 0xe9]));
    assert.match(
      formatFinding((await lintFolder(folder, ".", ["0001_latin.sql"]))[0]!),
      /0001_latin.sql:1: the file is not UTF-8/,
    );
  });

  it("sees the statements that are sent, where they are sent", async () => {
    const sql = readFileSync(join(wallet, "0001_wallet.sql"), "utf8");
    const parser = await loadParser();
    const parsed = parser.parse(sql);
    assert.ok("statements" in parsed);
    const bytes = Buffer.from(sql);
    assert.deepEqual(
      parsed.statements.map(({ start, end }) => bytes.toString("utf8", start, end).trimEnd()),
      parser.split(sql).statements.map(({ text }) => text),
    );
  });

  it("reads the name of a concurrent index as SQL takes it", async () => {
    const read = await parseConcurrentIndex(
      '-- plinth:no-transaction\ncreate index concurrently if not exists "a""B" on s.t (x);',
    );
    assert.deepEqual([read?.verb, read?.index], ["create", '"s"."a""B"']);
  });

  it("judges a thousand files of the wallet's size in seconds", async () => {
    const parser = await loadParser();
    const sql = readFileSync(join(wallet, "0001_wallet.sql"), "utf8");
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
