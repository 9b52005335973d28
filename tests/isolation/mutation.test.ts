import assert from "node:assert/strict";
import { createServer, request as httpRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { root } from "@plinth/runtime/locations.ts";
import { discoverServices } from "../../components/descriptor.ts";
import { keyFindings } from "./cache-keys.ts";
import { explore } from "./exploration.ts";
import { intrude, intrusions } from "./intrusion.ts";
import { nameOf } from "./openapi.ts";
import { tableFindings } from "./row-security.ts";
import { FOREIGN, harm, type Scene, setScene, VICTIM } from "./scene.ts";
import { distinct, statementFindings } from "./statements.ts";
import { snapshotOf } from "./tenant-rows.ts";
import { eventsOf, recordsOf } from "./topics.ts";

/** Each wall is taken down in turn: what the other tests then say must name it. */
describe("what is told of a service that does not keep tenants apart", function () {
  this.timeout(120_000);
  const descriptor = discoverServices(root).find(({ name }) => name === "wallet")!;
  let scene: Scene;
  before(async () => {
    scene = await setScene(descriptor);
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
        const found = await tableFindings(subject.tables, "wallet.accounts", VICTIM, FOREIGN);
        assert.match(found.join("\n"), finding);
        assert.ok(found.every((line) => line.includes("wallet.accounts")));
        if (!what.includes("takes in")) {
          const statements = distinct(subject.tap.statements, tables, VICTIM).filter(({ text }) => /from accounts/.test(text));
          const shown: string[] = [];
          for (const statement of statements)
            shown.push(...(await statementFindings(subject.tables, exploration, tables, statement, FOREIGN)));
          assert.match(shown.join("\n"), /^shows .*without its tenant filter: select/m);
        }
      } finally {
        await subject.at.sql.query(up);
      }
      assert.deepEqual(await tableFindings(subject.tables, "wallet.accounts", VICTIM, FOREIGN), []);
    });
  }

  it("PLT-7 names a table that is empty when its policy lets everyone in", async () => {
    const { sql } = scene.subject.at;
    await sql.query("create policy leak on wallet.outbox using (true)");
    try {
      const found = await tableFindings(scene.subject.tables, "wallet.outbox", VICTIM, FOREIGN);
      assert.match(found.join("\n"), /wallet\.outbox: shows rows as a foreign tenant/);
    } finally {
      await sql.query("drop policy leak on wallet.outbox");
    }
  });

  it("PLT-7 names the statement that changes another tenant's rows", async () => {
    const { subject, exploration, tables } = scene;
    await subject.at.sql.query("alter policy accounts_tenant on wallet.accounts using (true)");
    try {
      const credit = distinct(subject.tap.statements, tables, VICTIM).find(({ text }) => /available_cents \+/.test(text))!;
      const found = await statementFindings(subject.tables, exploration, tables, credit, FOREIGN);
      assert.match(found.join("\n"), /rows in wallet\.accounts changed/);
    } finally {
      await subject.at.sql.query(walls[0]![2]);
    }
  });

  it("PLT-7 names a cache key that holds a tenant's data and not its number", () => {
    const { exploration } = scene;
    const id = String(exploration.ids.get("account_id"));
    const value = `{"name":"${exploration.actor.mark}x1"}`;
    const entries = [
      [`wallet:user:${id}`, "{}"],
      [`wallet:${VICTIM}:user:${id}`, value],
      [`wallet:${FOREIGN}:user:${id}`, value],
      [`wallet:${FOREIGN}:user:${id}:none`, "-"],
      [`wallet:1${VICTIM}:user`, value],
      ["wallet:schema:7", "{}"],
    ] as const;
    const found = keyFindings(new Map(entries), exploration, FOREIGN);
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
        const ways = intrusions(exploration, operation, foreign, true);
        const found = await intrude(leaky.base, exploration, operation, foreign, ways);
        assert.ok(found.length > 0, nameOf(operation));
        if (operation.path.includes("{")) assert.match(found.join("\n"), /of another tenant|that names another tenant's/);
      }
      assert.match((await harm(scene)).join("\n"), /rows in wallet\.accounts changed/);
      const { findings } = eventsOf(foreign, await recordsOf(subject.at, "V1_BETS"));
      assert.match(findings.join("\n"), new RegExp(`tenant ${FOREIGN} asked .* is of ${VICTIM} by its header`));
    } finally {
      await leaky.stop();
      scene.owned = await snapshotOf(subject.tables, scene.tables, VICTIM);
    }
  });

  it("PLT-7 names a route that it could not bring to success", async () => {
    const { base, document } = scene.subject;
    const paths = {
      ...document.paths,
      "/api/v1/nowhere/{nothing_id}": { get: document.paths["/api/v1/accounts/{account_id}/balance"]!.get! },
    };
    const { failed } = await explore({ base, document: { paths } }, VICTIM);
    assert.deepEqual([...failed.keys()], ["GET /api/v1/nowhere/{nothing_id}"]);
  });
});

/** In front of a service: whatever tenant is named, and if none is, it asks as the other one. */
async function unscoped(base: string): Promise<{ base: string; stop(): Promise<void> }> {
  const server = createServer((incoming, outgoing) => {
    const headers = { ...incoming.headers, "x-tenant-id": String(VICTIM) };
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
