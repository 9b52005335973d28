import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { root } from "@plinth/local/locations.ts";
import { discoverServices } from "../../../components/service/descriptor.ts";
import { exploreApi } from "../../support/api/exploration.ts";
import { nameOf } from "../../support/api/openapi.ts";
import { snapshotOf } from "../../support/services/tenant-rows.ts";
import { eventsOf, readRecords } from "../../support/services/topic-state.ts";
import { keyFindings } from "./cache-keys.ts";
import { changedRows, createFixture, FOREIGN_TENANT, type IsolationFixture, OWNER_TENANT } from "./fixture.ts";
import { intrusionAttempts, runIntrusions } from "./intrusion.ts";
import { tableFindings } from "./row-security.ts";
import { distinctStatements, statementFindings } from "./statement-replay.ts";

/** Removes each protection in turn: the findings must name it. */
describe("findings about a service that does not keep tenants apart", function () {
  this.timeout(120_000);
  const descriptor = discoverServices(root).find(({ name }) => name === "wallet")!;
  let fixture: IsolationFixture;
  before(async () => {
    fixture = await createFixture(descriptor);
  });
  after(() => fixture.subject.stop());

  const protections: [string, string, string, RegExp][] = [
    [
      "its policy admits every tenant",
      "alter policy accounts_tenant on wallet.accounts using (true)",
      "alter policy accounts_tenant on wallet.accounts using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)",
      /shows rows as a foreign tenant/,
    ],
    [
      "a policy admits every reader",
      "create policy leak on wallet.accounts for select using (true)",
      "drop policy leak on wallet.accounts",
      /shows rows without a tenant/,
    ],
    [
      "row-level security is off",
      "alter table wallet.accounts disable row level security",
      "alter table wallet.accounts enable row level security",
      /not enabled/,
    ],
    [
      "its owner bypasses it",
      "alter table wallet.accounts no force row level security",
      "alter table wallet.accounts force row level security",
      /not forced/,
    ],
    [
      "it accepts rows that it does not show",
      "create policy leak on wallet.accounts for insert with check (true)",
      "drop policy leak on wallet.accounts",
      /accepts rows/,
    ],
  ];
  for (const [what, down, up, finding] of protections) {
    it(`name the table when ${what} (PLT-7)`, async () => {
      const { subject, exploration, tables } = fixture;
      await subject.at.sql.query(down);
      try {
        const findings = await tableFindings(subject.tables, "wallet.accounts", OWNER_TENANT, FOREIGN_TENANT);
        assert.match(findings.join("\n"), finding);
        assert.ok(findings.every((line) => line.includes("wallet.accounts")));
        if (!what.includes("accepts rows")) {
          const statements = distinctStatements(subject.sqlProxy.statements, tables, OWNER_TENANT).filter(({ text }) =>
            /from accounts/.test(text),
          );
          const shown: string[] = [];
          for (const statement of statements)
            shown.push(...(await statementFindings(subject.tables, exploration, tables, statement, FOREIGN_TENANT)));
          assert.match(shown.join("\n"), /^shows .*without its tenant filter: select/m);
        }
      } finally {
        await subject.at.sql.query(up);
      }
      assert.deepEqual(await tableFindings(subject.tables, "wallet.accounts", OWNER_TENANT, FOREIGN_TENANT), []);
    });
  }

  it("name an empty table whose policy admits every tenant (PLT-7)", async () => {
    const { sql } = fixture.subject.at;
    await sql.query("create policy leak on wallet.outbox using (true)");
    try {
      const findings = await tableFindings(fixture.subject.tables, "wallet.outbox", OWNER_TENANT, FOREIGN_TENANT);
      assert.match(findings.join("\n"), /wallet\.outbox: shows rows as a foreign tenant/);
    } finally {
      await sql.query("drop policy leak on wallet.outbox");
    }
  });

  it("name the statement that changes another tenant's rows (PLT-7)", async () => {
    const { subject, exploration, tables } = fixture;
    await subject.at.sql.query("alter policy accounts_tenant on wallet.accounts using (true)");
    try {
      const credit = distinctStatements(subject.sqlProxy.statements, tables, OWNER_TENANT).find(({ text }) =>
        /available_cents \+/.test(text),
      )!;
      const findings = await statementFindings(subject.tables, exploration, tables, credit, FOREIGN_TENANT);
      assert.match(findings.join("\n"), /rows in wallet\.accounts changed/);
    } finally {
      await subject.at.sql.query(protections[0]![2]);
    }
  });

  it("name a cache key that holds a tenant's data without its number (PLT-7)", () => {
    const { exploration } = fixture;
    const id = String(exploration.ids.get("account_id"));
    const value = `{"name":"${exploration.actor.marker}x1"}`;
    const entries = [
      [`wallet:user:${id}`, "{}"],
      [`wallet:${OWNER_TENANT}:user:${id}`, value],
      [`wallet:${FOREIGN_TENANT}:user:${id}`, value],
      [`wallet:${FOREIGN_TENANT}:user:${id}:none`, "-"],
      [`wallet:1${OWNER_TENANT}:user`, value],
      ["wallet:schema:7", "{}"],
    ] as const;
    const findings = keyFindings(new Map(entries), exploration, FOREIGN_TENANT);
    assert.deepEqual(
      findings.map((line) => line.split(" ")[0]),
      [entries[0][0], entries[2][0], entries[4][0]],
    );
  });

  it("name each route that ignores the tenant, and the rows that it changed (PLT-7)", async () => {
    const { subject, exploration, foreign } = fixture;
    const leaky = await startTenantOverride(subject.base);
    try {
      for (const operation of exploration.operations) {
        const attempts = intrusionAttempts(exploration, operation, foreign, { none: true, unknown: true });
        const findings = await runIntrusions(leaky.base, exploration, operation, foreign, attempts);
        assert.ok(findings.length > 0, nameOf(operation));
        if (operation.path.includes("{"))
          assert.match(findings.join("\n"), /of another tenant|that names another tenant's/);
      }
      assert.match((await changedRows(fixture)).join("\n"), /rows in wallet\.accounts changed/);
      const { findings } = eventsOf(foreign, await readRecords(subject.at, "V1_BETS"));
      assert.match(
        findings.join("\n"),
        new RegExp(`tenant ${FOREIGN_TENANT} asked .* is of ${OWNER_TENANT} by its header`),
      );
    } finally {
      await leaky.stop();
      fixture.owned = await snapshotOf(subject.tables, fixture.tables, OWNER_TENANT);
    }
  });

  it("name a route that never succeeded (PLT-7)", async () => {
    const { base, document } = fixture.subject;
    const paths = {
      ...document.paths,
      "/api/v1/nowhere/{nothing_id}": { get: document.paths["/api/v1/accounts/{account_id}/balance"]!.get! },
    };
    const { failed } = await exploreApi({ base, document: { paths } }, OWNER_TENANT);
    assert.deepEqual([...failed.keys()], ["GET /api/v1/nowhere/{nothing_id}"]);
  });
});

/** A proxy that sends every request as the owner, whatever tenant it names. */
async function startTenantOverride(base: string): Promise<{ base: string; stop(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, "x-tenant-id": String(OWNER_TENANT) };
    const passed = httpRequest(`${base}${incoming.url}`, { method: incoming.method!, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on("error", () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
