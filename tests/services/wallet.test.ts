import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import type { Wallet } from "../../services/wallet/app.ts";
import { OTHER_TENANT, startWallet, TENANT, until, type WalletClient, walletClient } from "./client.ts";
import { type Platform, platform } from "./platform.ts";
import { readTopic } from "./records.ts";

describe("wallet", () => {
  let at: Platform;
  let wallet: Wallet;
  let base: string;
  let client: WalletClient;

  before(async () => {
    at = await platform();
    ({ wallet, base } = await startWallet(at));
    client = walletClient(base);
  });
  after(() => wallet.lifecycle.stop());

  /** Rows of all tenants: counted through the system's scope where policies allow it, tenant by tenant elsewhere. */
  async function rows(table: string): Promise<number> {
    let count = 0;
    for (const tenant of [TENANT, OTHER_TENANT]) {
      const results = (await at.sql.query(
        `begin; set local app.tenant_id = '${tenant}'; select count(*) from ${table}; commit`,
      )) as unknown as { rows: { count: string }[] }[];
      count += Number(results[2]?.rows[0]?.count);
    }
    return count;
  }

  describe("requests", () => {
    it("takes a bet, debits its stake and answers with what is left", async () => {
      const account = await client.account(1000);
      const { status, body } = await client.bet(account, 250);
      assert.equal(status, 201);
      assert.deepEqual(
        { ...body, bet_id: typeof body.bet_id, placed_at: typeof body.placed_at },
        {
          bet_id: "string",
          account_id: account,
          amount_cents: 250,
          currency: "EUR",
          selection: "home",
          available_cents: 750,
          placed_at: "string",
        },
      );
    });

    const refused: [string, unknown][] = [
      ["a float", 2.5],
      ["a negative amount", -1],
      ["zero", 0],
      ["a string", "100"],
      ["more than one request may move", 10_000_000_001],
      ["a number beyond 2^53", 2 ** 60],
      ["null", null],
      ["true", true],
    ];
    for (const [what, cents] of refused) {
      it(`INF-9 refuses ${what} as cents with 400, and writes nothing`, async () => {
        const account = await client.account(1000);
        const before = await rows("bets");
        const { status, body } = await client.bet(account, cents);
        assert.equal(status, 400);
        assert.equal(body.error.code, "invalid_request");
        assert.match(body.error.message, /amount_cents/);
        assert.equal(await rows("bets"), before);
      });
    }

    const malformed: [string, unknown, number, string][] = [
      ["an unknown field", { account_id: randomUUID(), amount_cents: 1, selection: "x", bonus: 1 }, 400, "body/bonus is not a known field"],
      ["a missing field", { account_id: randomUUID(), amount_cents: 1 }, 400, "selection"],
      ["an account that is no UUID", { account_id: "1", amount_cents: 1, selection: "x" }, 400, "account_id"],
      ["an empty selection", { account_id: randomUUID(), amount_cents: 1, selection: "" }, 400, "selection"],
      ["no JSON", '{"account_id":', 400, "well-formed JSON"],
      ["a list", [], 400, "object"],
      ["a body beyond the limit", { account_id: randomUUID(), amount_cents: 1, selection: "x".repeat(70_000) }, 413, "larger"],
    ];
    for (const [what, sent, expected, words] of malformed) {
      it(`refuses ${what} in the one envelope`, async () => {
        const { status, body } = await client.post("/api/v1/bets", sent, { "x-correlation-id": "case-1" });
        assert.equal(status, expected);
        assert.ok(body.error.message.includes(words), body.error.message);
        assert.equal(body.error.correlation_id, "case-1");
      });
    }

    it("refuses an overdraw with insufficient_funds, and writes nothing", async () => {
      const account = await client.account(100);
      const before = await Promise.all(["bets", "payments"].map(rows));
      const { status, body } = await client.bet(account, 101);
      assert.deepEqual([status, body.error.code], [409, "insufficient_funds"]);
      assert.deepEqual(await Promise.all(["bets", "payments"].map(rows)), before);
      assert.equal((await client.bet(account, 100)).status, 201);
    });

    it("never overdraws an account under 100 parallel bets", async () => {
      const account = await client.account(1000);
      const answers = await Promise.all(Array.from({ length: 100 }, () => client.bet(account, 30)));
      const taken = answers.filter(({ status }) => status === 201);
      assert.equal(taken.length, 33);
      assert.ok(answers.every(({ status, body }) => status === 201 || body.error.code === "insufficient_funds"));
      assert.deepEqual(taken.map(({ body }) => body.available_cents).sort((one, other) => one - other)[0], 10);
      const { body } = await client.get(`/api/v1/accounts/${account}/balance`);
      assert.equal(body.available_cents, 10);
    });

    it("answers a retried request with the first answer, and debits once", async () => {
      const account = await client.account(1000);
      const key = { "idempotency-key": randomUUID() };
      const answers = await Promise.all(Array.from({ length: 8 }, () => client.bet(account, 400, key)));
      assert.deepEqual(
        answers.map(({ status }) => status),
        Array(8).fill(201),
      );
      assert.equal(new Set(answers.map(({ body }) => JSON.stringify(Object.entries(body).sort()))).size, 1);
      assert.equal(answers.filter(({ headers }) => headers.get("idempotent-replayed") === null).length, 1);
      assert.equal((await client.get(`/api/v1/accounts/${account}/balance`)).body.available_cents, 600);
      const other = await client.bet(account, 401, key);
      assert.deepEqual([other.status, other.body.error.code], [422, "idempotency_key_reused"]);
    });

    it("carries a request out whose first attempt with the same key failed", async () => {
      const account = await client.account(100);
      const key = { "idempotency-key": randomUUID() };
      assert.equal((await client.bet(account, 300, key)).status, 409);
      await client.post(`/api/v1/accounts/${account}/deposits`, { amount_cents: 500 });
      assert.equal((await client.bet(account, 300, key)).status, 201);
    });

    it("deposits once per key, refuses a second account of one id and a balance beyond 2^53 - 1", async () => {
      const account = await client.account(0);
      const key = { "idempotency-key": randomUUID() };
      const path = `/api/v1/accounts/${account}/deposits`;
      await Promise.all([client.post(path, { amount_cents: 700 }, key), client.post(path, { amount_cents: 700 }, key)]);
      assert.equal((await client.get(`/api/v1/accounts/${account}/balance`)).body.available_cents, 700);
      const again = await client.post("/api/v1/accounts", { account_id: account, currency: "EUR" });
      assert.deepEqual([again.status, again.body.error.code], [409, "account_exists"]);
      await at.sql.query(
        `begin; set local app.tenant_id = '${TENANT}'; update accounts set available_cents = 9007199254740990 where account_id = '${account}'; commit`,
      );
      const over = await client.post(path, { amount_cents: 2 });
      assert.deepEqual([over.status, over.body.error.code], [422, "balance_too_large"]);
    });

    it("keeps emoji and right-to-left text byte for byte", async () => {
      const account = await client.account(10);
      const selection = "⚽️ מכבי — فوز 👨‍👩‍👧";
      const { body } = await client.post("/api/v1/bets", { account_id: account, amount_cents: 1, selection });
      assert.equal(body.selection, selection);
      const records = await readTopic(at, "V1_BETS", (seen) => seen.some(({ key }) => key === body.bet_id));
      assert.equal(records.find(({ key }) => key === body.bet_id)?.event.event_data.selection, selection);
    });
  });

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
      it(`SDG-5 answers 400 to a ${what} tenant and writes nothing`, async () => {
        const before = await Promise.all(["accounts", "bets", "payments", "outbox"].map(rows));
        const stranger = walletClient(base, tenant);
        for (const path of ["/api/v1/accounts", "/api/v1/bets"]) {
          const { status, body } = await stranger.post(path, { currency: "EUR" });
          assert.deepEqual([status, body.error.code], [400, code]);
        }
        assert.deepEqual(await Promise.all(["accounts", "bets", "payments", "outbox"].map(rows)), before);
      });
    }

    it("answers 404 to a tenant that names another's account, on every route", async () => {
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

    it("SDG-5 holds by row-level security alone: without the application's filter a tenant sees and changes its own rows only", async () => {
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
          connection.query(`insert into accounts (tenant_id, account_id, currency) values (${TENANT}, gen_random_uuid(), 'EUR')`),
          /row-level security/,
        );
        await connection.query("rollback");
      } finally {
        connection.release();
      }
    });
  });

  describe("events", () => {
    it("INF-8 publishes V1_BETS and V1_PAYMENTS with key and headers, and V1_BALANCES after the consumer", async () => {
      const account = await client.account(1000);
      const { body } = await client.post(
        "/api/v1/bets",
        { account_id: account, amount_cents: 300, selection: "away" },
        { "x-correlation-id": "trace-me" },
      );
      const bets = await readTopic(at, "V1_BETS", (seen) => seen.some(({ key }) => key === body.bet_id));
      const bet = bets.find(({ key }) => key === body.bet_id);
      assert.deepEqual(bet?.headers, { tenant_id: String(TENANT), version: "1", correlation_id: "trace-me" });
      assert.equal(bet?.event.event_type, "BET_PLACED");
      assert.deepEqual([bet?.event.tenant_id, bet?.event.aggregate_id, bet?.event.event_data.amount_cents], [TENANT, body.bet_id, 300]);

      const payments = (await readTopic(at, "V1_PAYMENTS", (seen) => seen.filter(({ key }) => key === account).length === 2)).filter(
        ({ key }) => key === account,
      );
      assert.deepEqual(
        payments.map(({ event }) => [event.event_type, event.event_data.amount_cents, event.event_data.reason]),
        [
          ["PAYMENT_CREDITED", 1000, "DEPOSIT"],
          ["PAYMENT_DEBITED", 300, "BET"],
        ],
      );

      const balances = (await readTopic(at, "V1_BALANCES", (seen) => seen.filter(({ key }) => key === account).length === 2)).filter(
        ({ key }) => key === account,
      );
      assert.deepEqual(
        balances.map(({ event: { event_data } }) => [
          event_data.balance_cents,
          event_data.delta_cents,
          event_data.sequence,
          event_data.cause_event_id,
        ]),
        [
          [1000, 1000, 1, payments[0]?.event.id],
          [700, -300, 2, payments[1]?.event.id],
        ],
      );
      const { body: balance } = await client.get(`/api/v1/accounts/${account}/balance`);
      assert.deepEqual(balance, { account_id: account, currency: "EUR", balance_cents: 700, sequence: 2, available_cents: 700 });
    });

    it("SDG-6 sends what cannot be applied to the dead letters with the reason, and applies the rest", async () => {
      const account = await client.account(500);
      await until(
        "the deposit is applied",
        () => client.get(`/api/v1/accounts/${account}/balance`),
        ({ body }) => body.sequence === 1,
      );
      const known = (await readTopic(at, "V1_PAYMENTS", (seen) => seen.some(({ key }) => key === account))).find(
        ({ key }) => key === account,
      );
      const producer = at.client.producer();
      await producer.connect();
      const headers = { tenant_id: String(TENANT), version: "1" };
      const marker = randomUUID();
      await producer.send({
        topic: "V1_PAYMENTS",
        messages: [
          { key: account, headers: { ...headers, marker }, value: Buffer.from("not Avro") },
          { key: account, headers: { ...headers, marker }, value: null },
          { key: account, headers: { ...headers, marker }, value: Buffer.concat([Buffer.from([0, 0, 15, 66, 64]), Buffer.from("xx")]) },
          { key: account, headers: { tenant_id: String(OTHER_TENANT), marker }, value: known?.raw ?? null },
        ],
      });
      await producer.disconnect();
      await client.bet(account, 200);
      await until(
        "the bet behind the poison is applied",
        () => client.get(`/api/v1/accounts/${account}/balance`),
        ({ body }) => body.sequence === 2 && body.balance_cents === 300,
      );
      const own = (seen: { headers: Record<string, string> }[]) => seen.filter((record) => record.headers.marker === marker);
      const dead = own(await readTopic(at, "V1_PAYMENTS_DLQ", (seen) => own(seen).length === 4, false));
      const reasons = dead.map((record) => record.headers.dead_letter_reason);
      assert.deepEqual(reasons, [
        "the value is not framed Avro",
        "the value is not framed Avro",
        "the registry has no schema with id 1000000",
        `the header names tenant ${OTHER_TENANT}, the event ${TENANT}`,
      ]);
      assert.ok(
        dead.every((record) => record.headers.dead_letter_topic === "V1_PAYMENTS" && /^\d+$/.test(record.headers.dead_letter_offset ?? "")),
      );
    });

    it("applies an event once however often it is delivered", async () => {
      const account = await client.account(500);
      const known = (await readTopic(at, "V1_PAYMENTS", (seen) => seen.some(({ key }) => key === account))).find(
        ({ key }) => key === account,
      );
      const producer = at.client.producer();
      await producer.connect();
      await producer.send({
        topic: "V1_PAYMENTS",
        messages: Array.from({ length: 5 }, () => ({ key: account, value: known?.raw ?? null })),
      });
      await producer.disconnect();
      await client.bet(account, 1);
      const { body } = await until(
        "the bet behind them is applied",
        () => client.get(`/api/v1/accounts/${account}/balance`),
        (answer) => answer.body.balance_cents === 499,
      );
      assert.equal(body.sequence, 2);
    });
  });

  describe("operation", () => {
    it("SDG-7 serves a valid OpenAPI document of every route", async () => {
      const { body } = await walletClient(base).get("/openapi.json");
      assert.match(body.openapi, /^3\./);
      assert.deepEqual(Object.keys(body.paths).sort(), [
        "/api/v1/accounts",
        "/api/v1/accounts/{account_id}/balance",
        "/api/v1/accounts/{account_id}/deposits",
        "/api/v1/bets",
      ]);
      const { schema } = body.paths["/api/v1/bets"].post.requestBody.content["application/json"];
      assert.equal(schema.properties.amount_cents.type, "integer");
      assert.equal(schema.additionalProperties, false);
    });

    it("SDG-7 counts requests, the outbox and the consumer on /metrics", async () => {
      const { body, headers } = await walletClient(base).get("/metrics");
      assert.match(headers.get("content-type") ?? "", /text\/plain/);
      for (const name of [
        "http_request_duration_seconds_bucket",
        "outbox_backlog",
        "outbox_published_total",
        "consumer_events_total",
        "consumer_lag",
      ]) {
        assert.ok(new RegExp(`^${name}[{ ]`, "m").test(body), name);
      }
      assert.ok(/http_request_duration_seconds_count\{[^}]*route="\/api\/v1\/bets"[^}]*status="201"/.test(body));
    });

    it("SDG-3 answers /health and /ready, each part by name", async () => {
      assert.deepEqual((await client.get("/health")).body, { status: "ok" });
      const { status, body } = await client.get("/ready");
      assert.deepEqual([status, body], [200, { status: "ready", checks: { database: "up", cache: "up", broker: "up", registry: "up" } }]);
    });

    it("answers an unknown route in the envelope, and passes a correlation id on or makes one", async () => {
      const { status, body, headers } = await client.get("/api/v2/none?x=1");
      assert.deepEqual([status, body.error.code, body.error.message], [404, "not_found", "There is no GET /api/v2/none."]);
      assert.match(headers.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/);
      assert.equal((await client.get("/health", { "x-correlation-id": "abc-1" })).headers.get("x-correlation-id"), "abc-1");
      assert.match(
        (await client.get("/health", { "x-correlation-id": "bad id" })).headers.get("x-correlation-id") ?? "",
        /^[0-9a-f-]{36}$/,
      );
    });
  });
});
