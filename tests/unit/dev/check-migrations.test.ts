import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatFinding } from "@plinth/migrations/finding.ts";
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
});
