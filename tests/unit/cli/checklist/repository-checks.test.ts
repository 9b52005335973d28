import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { runChecks } from "../../../../cli/checklist/check.ts";
import { repositoryChecks } from "../../../../cli/checklist/repository-checks.ts";
import { failures, inspectSample, withDescriptor } from "../../../support/checklist/sample-service.ts";
import { temporaryFolder } from "../../../support/sample-repositories.ts";

describe("the checks of a repository (SDG-8)", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("pass for a service that has everything", async () =>
    assert.deepEqual(failures(await runChecks(repositoryChecks, inspectSample(folder))), []));

  const cases: [check: string, changes: Record<string, string | undefined>, sentence: RegExp][] = [
    [
      "requests do not exceed limits",
      withDescriptor({
        resources: { production: { requests: { cpu: "2", memory: "2Gi" }, limits: { cpu: "500m", memory: "1Gi" } } },
      }),
      /resources\.production requests 2Gi of memory, but is limited to 1Gi[\s\S]*requests 2 of CPU, but is limited to 500m/,
    ],
    [
      "its topics are the catalogue's",
      withDescriptor({ topics: { produces: ["V1_BETS"], consumes: [] } }),
      /it produces V1_BETS, which wallet owns/,
    ],
    [
      "its topics are the catalogue's",
      withDescriptor({ topics: { produces: [], consumes: ["V1_BETS"] } }),
      /it consumes V1_BETS: add 'orders' to that topic's consumers/,
    ],
    ["it drains on SIGTERM", { "server.js": "listen();\n" }, /its code ignores SIGTERM/],
    [
      "its migrations are fit for production",
      { "migrations/0001_notes.sql": "create table notes (id bigint primary key);\n" },
      /migrations\/0001_notes\.sql:1: .*\[tenant-column\]/,
    ],
    [
      "its migrations are fit for production",
      withDescriptor({ migrations: "sql" }),
      /'migrations' is .*sql, which is not a folder/,
    ],
    [
      "no secret is in the repository",
      { "config.js": `const key = "AKIA${"Q".repeat(16)}";\n` },
      /config\.js:1: a key of AWS: remove it from the history too/,
    ],
    [
      "no secret is in the repository",
      { "config.js": `const url = "postgresql://orders:${"x1y2z3"}@db.example.com/x";\n` },
      /config\.js:1: a password in a URL/,
    ],
    ["no secret is in the repository", { ".env": "A=1\n" }, /\.env:1: a file of an environment/],
    [
      "no secret is in the repository",
      { "id.txt": `-----BEGIN RSA ${"PRIVATE KEY"}-----\n` },
      /id\.txt:1: a private key/,
    ],
    ["it has tests", { "server.test.js": undefined }, /there is none: add some/],
    ["it has a README", { "README.md": undefined }, /there is no README\.md/],
  ];
  for (const [check, changes, sentence] of cases)
    it(`'${check}' fails: ${String(sentence).slice(1, 60)}`, async () => {
      const failed = failures(await runChecks(repositoryChecks, inspectSample(folder, changes)));
      const result = failed.find(({ name }) => name === check)?.result;
      assert.ok(Array.isArray(result), `only ${failed.map(({ name }) => name)} failed`);
      assert.match(result.join("\n"), sentence);
    });
});
