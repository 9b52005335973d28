import assert from "node:assert/strict";
import { createDatabase } from "@plinth/kit/database/database.ts";
import type { Service } from "@plinth/kit/service.ts";
import { waitUntil } from "../../../support/eventually.ts";
import { countRows, OTHER_TENANT, type Platform, TENANT } from "../../../support/services/platform.ts";
import { readTopic, type SeenRecord } from "../../../support/services/records.ts";
import { type WalletClient, walletClient, withWallet } from "../../../support/services/wallet-client.ts";

describe("tenants of the wallet", () => {
  let at: Platform;
  let wallet: Service;
  let base: string;
  let client: WalletClient;
  withWallet((running) => {
    ({ at, wallet, base, client } = running);
  });

  const rows = (table: string) => countRows(at, table);

  describe("tenants", () => {
    const refused: [string, string | null, string][] = [
      ["missing", null, "tenant_required"],
      ["non-numeric", "abc", "tenant_invalid"],
      ["negative", "-1", "tenant_invalid"],
      ["zero", "0", "tenant_invalid"],
      ["fractional", "10001.5", "tenant_invalid"],
      ["beyond 2^53", "9007199254740993", "tenant_invalid"],
      ["huge", "1".repeat(400), "tenant_invalid"],
      ["injected", "10001'; drop table bets; --", "tenant_invalid"],
      ["unknown", "999999", "tenant_unknown"],
    ];
    for (const [what, tenant, code] of refused) {
      it(`answers 400 to a ${what} tenant and writes nothing (SDG-5)`, async () => {
        const before = await Promise.all(["accounts", "bets", "payments"].map(rows));
        const stranger = walletClient(base, tenant);
        for (const path of ["/api/v1/accounts", "/api/v1/bets"]) {
          const { status, body } = await stranger.post(path, { currency: "EUR" });
          assert.deepEqual([status, body.error.code], [400, code]);
        }
        assert.deepEqual(await Promise.all(["accounts", "bets", "payments"].map(rows)), before);
      });
    }

    it("locks out a tenant that leaves the configuration, within seconds, and serves it again with its data", async () => {
      const tenant = 10_777;
      const leaving = walletClient(base, tenant);
      await at.sql.query(
        "create table if not exists public.locked_tenants (id bigint primary key, locked_at timestamptz not null default now())",
      );
      await at.sql.query("insert into tenants (id) values ($1)", [tenant]);
      const account = await waitUntil("the tenant is served", () => leaving.account(100_000));
      const own = (records: SeenRecord[]) => records.filter(({ headers }) => headers.tenant_id === String(tenant));
      const [payment] = own(await readTopic(at, "V1_PAYMENTS", (seen) => own(seen).length === 1));
      await at.sql.query("insert into locked_tenants (id) values ($1)", [tenant]);
      try {
        const refused = await waitUntil(
          "its bets are refused",
          () => leaving.bet(account, 1),
          ({ status }) => status !== 201,
        );
        assert.deepEqual([refused.status, refused.body.error.code], [400, "tenant_unknown"]);
        assert.equal((await leaving.get(`/api/v1/accounts/${account}/balance`)).status, 400);
        assert.equal((await client.post("/api/v1/accounts", { currency: "EUR" })).status, 201);
        const producer = at.client.producer();
        await producer.connect();
        const { key = "", raw = null, headers = {} } = payment ?? {};
        await producer.send({ topic: "V1_PAYMENTS", messages: [{ key, value: raw, headers }] });
        await producer.disconnect();
        const [dead] = own(await readTopic(at, "V1_PAYMENTS_DLQ", (seen) => own(seen).length > 0, false));
        assert.equal(dead?.headers.dead_letter_reason, `tenant ${tenant} is locked out`);
      } finally {
        await at.sql.query("delete from locked_tenants");
      }
      const back = await waitUntil(
        "it is served again",
        () => leaving.get(`/api/v1/accounts/${account}/balance`),
        ({ status }) => status === 200,
      );
      assert.ok(back.body.available_cents > 50_000, "its account is still there");
    });

    it("answers 404 on every route to a tenant that names another's account", async () => {
      const account = await client.account(1000);
      const other = walletClient(base, OTHER_TENANT);
      const answers = await Promise.all([
        other.get(`/api/v1/accounts/${account}/balance`),
        other.post(`/api/v1/accounts/${account}/deposits`, { amount_cents: 5 }),
        other.bet(account, 5),
      ]);
      assert.deepEqual(
        answers.map(({ status, body }) => [status, body.error.code]),
        Array(3).fill([404, "account_not_found"]),
      );
      assert.equal((await client.get(`/api/v1/accounts/${account}/balance`)).body.available_cents, 1000);
    });

    it("sends the tenant's setting as a separate query, which Citus passes on to its workers", async () => {
      const name = `setting-alone-${process.pid}`;
      const database = createDatabase({ url: at.database.url, logger: wallet.logger, name });
      const sent = async () =>
        (
          await at.sql.query<{ query: string }>("select query from pg_stat_activity where application_name = $1", [
            name,
          ])
        ).rows[0]?.query;
      try {
        assert.equal(
          await database.withTenant(OTHER_TENANT, () =>
            waitUntil("the setting is sent", sent, (query) => query?.includes(`'${OTHER_TENANT}'`) === true),
          ),
          `set local app.tenant_id = '${OTHER_TENANT}'`,
        );
      } finally {
        await database.close();
      }
    });

    it("restricts a tenant to its rows by row-level security alone (SDG-5)", async () => {
      await Promise.all([client.account(100), walletClient(base, OTHER_TENANT).account(100)]);
      const connection = await at.sql.connect();
      try {
        for (const table of ["accounts", "bets", "payments", "balances", "idempotency_keys", "outbox", "inbox"]) {
          const { rows: unscoped } = await connection.query(`select * from ${table}`);
          assert.deepEqual(unscoped, [], `${table} shows rows without a tenant`);
          await connection.query("begin");
          await connection.query(`set local app.tenant_id = '${OTHER_TENANT}'`);
          const { rows: seen } = await connection.query(`select distinct tenant_id from ${table}`);
          assert.ok(
            seen.every(({ tenant_id }) => Number(tenant_id) === OTHER_TENANT),
            `${table} shows another tenant's rows`,
          );
          await connection.query("rollback");
        }
        await connection.query("begin");
        await connection.query(`set local app.tenant_id = '${OTHER_TENANT}'`);
        const { rows: changed } = await connection.query("update accounts set available_cents = 1 returning tenant_id");
        assert.ok(changed.length > 0 && changed.every(({ tenant_id }) => Number(tenant_id) === OTHER_TENANT));
        await assert.rejects(
          connection.query(
            `insert into accounts (tenant_id, account_id, currency) values (${TENANT}, gen_random_uuid(), 'EUR')`,
          ),
          /row-level security/,
        );
        await connection.query("rollback");
      } finally {
        connection.release();
      }
    });
  });
});
