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

/** Each wall is taken down in turn: what the other tests then say must name it. */
describe("what is told of a service that does not keep tenants apart", function () {
  this.timeout(120_000);
  const descriptor = discoverServices(root).find(({ name }) => name === "wallet")!;
  let scene: IsolationFixture;
  before(async () => {
    scene = await createFixture(descriptor);
  });
  after(() => scene.subject.stop());

  const walls: [string, string, string, RegExp][] = [
    [
      "its policy lets everyone in",
      "alter policy accounts_tenant on wallet.accounts using (true)",
      "alter policy accounts_tenant on wallet.accounts using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)",
      /shows rows as a foreign tenant/,
    ],
    [
      "its policy is gone from reading",
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
      "its owner goes past it",
      "alter table wallet.accounts no force row level security",
      "alter table wallet.accounts force row level security",
      /not forced/,
    ],
    [
      "it takes in what it does not show",
      "create policy leak on wallet.accounts for insert with check (true)",
      "drop policy leak on wallet.accounts",
      /takes rows in/,
    ],
  ];
  for (const [what, down, up, finding] of walls) {
    it(`PLT-7 names the table when ${what}`, async () => {
      const { subject, exploration, tables } = scene;
      await subject.at.sql.query(down);
      try {
        const found = await tableFindings(subject.tables, "wallet.accounts", OWNER_TENANT, FOREIGN_TENANT);
        assert.match(found.join("\n"), finding);
        assert.ok(found.every((line) => line.includes("wallet.accounts")));
        if (!what.includes("takes in")) {
          const statements = distinctStatements(subject.tap.statements, tables, OWNER_TENANT).filter(({ text }) =>
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

  it("PLT-7 names a table that is empty when its policy lets everyone in", async () => {
    const { sql } = scene.subject.at;
    await sql.query("create policy leak on wallet.outbox using (true)");
    try {
      const found = await tableFindings(scene.subject.tables, "wallet.outbox", OWNER_TENANT, FOREIGN_TENANT);
      assert.match(found.join("\n"), /wallet\.outbox: shows rows as a foreign tenant/);
    } finally {
      await sql.query("drop policy leak on wallet.outbox");
    }
  });

  it("PLT-7 names the statement that changes another tenant's rows", async () => {
    const { subject, exploration, tables } = scene;
    await subject.at.sql.query("alter policy accounts_tenant on wallet.accounts using (true)");
    try {
      const credit = distinctStatements(subject.tap.statements, tables, OWNER_TENANT).find(({ text }) =>
        /available_cents \+/.test(text),
      )!;
      const found = await statementFindings(subject.tables, exploration, tables, credit, FOREIGN_TENANT);
      assert.match(found.join("\n"), /rows in wallet\.accounts changed/);
    } finally {
      await subject.at.sql.query(walls[0]![2]);
    }
  });

  it("PLT-7 names a cache key that holds a tenant's data and not its number", () => {
    const { exploration } = scene;
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
    const found = keyFindings(new Map(entries), exploration, FOREIGN_TENANT);
    assert.deepEqual(
      found.map((line) => line.split(" ")[0]),
      [entries[0][0], entries[2][0], entries[4][0]],
    );
  });

  it("PLT-7 names each route that answers as if the tenant were another one, and the rows that it changed", async () => {
    const { subject, exploration, foreign } = scene;
    const leaky = await unscoped(subject.base);
    try {
      for (const operation of exploration.operations) {
        const ways = intrusionAttempts(exploration, operation, foreign, true);
        const found = await runIntrusions(leaky.base, exploration, operation, foreign, ways);
        assert.ok(found.length > 0, nameOf(operation));
        if (operation.path.includes("{"))
          assert.match(found.join("\n"), /of another tenant|that names another tenant's/);
      }
      assert.match((await changedRows(scene)).join("\n"), /rows in wallet\.accounts changed/);
      const { findings } = eventsOf(foreign, await readRecords(subject.at, "V1_BETS"));
      assert.match(
        findings.join("\n"),
        new RegExp(`tenant ${FOREIGN_TENANT} asked .* is of ${OWNER_TENANT} by its header`),
      );
    } finally {
      await leaky.stop();
      scene.owned = await snapshotOf(subject.tables, scene.tables, OWNER_TENANT);
    }
  });

  it("PLT-7 names a route that it could not bring to success", async () => {
    const { base, document } = scene.subject;
    const paths = {
      ...document.paths,
      "/api/v1/nowhere/{nothing_id}": { get: document.paths["/api/v1/accounts/{account_id}/balance"]!.get! },
    };
    const { failed } = await exploreApi({ base, document: { paths } }, OWNER_TENANT);
    assert.deepEqual([...failed.keys()], ["GET /api/v1/nowhere/{nothing_id}"]);
  });
});

/** In front of a service: whatever tenant is named, and if none is, it asks as the other one. */
async function unscoped(base: string): Promise<{ base: string; stop(): Promise<void> }> {
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
