import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeEnvFile } from "../../../../cli/stack/env-file.ts";

describe("the file of make env", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-env-"));
  const file = join(folder, ".env");
  beforeEach(() => rmSync(file, { force: true }));
  after(() => rmSync(folder, { recursive: true }));

  const variables = { DATABASE_URL: "postgresql://app:p@localhost/app", REDIS_URL: "redis://a b" };

  it("is written again over its own, for this user only", () => {
    writeEnvFile(file, variables);
    writeEnvFile(file, { ...variables, KAFKA_BROKERS: "localhost:19092" });
    assert.equal(
      readFileSync(file, "utf8"),
      "DATABASE_URL=postgresql://app:p@localhost/app\nREDIS_URL='redis://a b'\nKAFKA_BROKERS=localhost:19092\n",
    );
    assert.equal(statSync(file).mode & 0o777, 0o600);
  });

  for (const line of ["STRIPE_KEY=sk_live_1", "# mine", "export DATABASE_URL=x"])
    it(`never replaces what a person has written: ${line}`, () => {
      writeFileSync(file, `DATABASE_URL=x\n${line}\n`);
      assert.throws(
        () => writeEnvFile(file, variables),
        ({ message }: Error) => /was not written by 'make env'/.test(message) && !message.includes("sk_live"),
      );
      assert.equal(readFileSync(file, "utf8"), `DATABASE_URL=x\n${line}\n`);
    });
});
