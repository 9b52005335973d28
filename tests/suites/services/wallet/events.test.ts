import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { waitUntil } from "../../../support/eventually.ts";
import type { Platform } from "../../../support/services/platform.ts";
import { OTHER_TENANT, TENANT } from "../../../support/services/platform.ts";
import { readTopic } from "../../../support/services/records.ts";
import { type WalletClient, walletClient, withWallet } from "../../../support/services/wallet-client.ts";

describe("events of the wallet", () => {
  let at: Platform;
  let base: string;
  let client: WalletClient;
  withWallet((running) => {
    ({ at, base, client } = running);
  });

  describe("events", () => {
    it("publishes V1_BETS and V1_PAYMENTS with key and headers, then V1_BALANCES (INF-8)", async () => {
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
      assert.deepEqual(
        [bet?.event.tenant_id, bet?.event.aggregate_id, bet?.event.event_data.amount_cents],
        [TENANT, body.bet_id, 300],
      );

      const payments = (
        await readTopic(at, "V1_PAYMENTS", (seen) => seen.filter(({ key }) => key === account).length === 2)
      ).filter(({ key }) => key === account);
      assert.deepEqual(
        payments.map(({ event }) => [event.event_type, event.event_data.amount_cents, event.event_data.reason]),
        [
          ["PAYMENT_CREDITED", 1000, "DEPOSIT"],
          ["PAYMENT_DEBITED", 300, "BET"],
        ],
      );

      const balances = (
        await readTopic(at, "V1_BALANCES", (seen) => seen.filter(({ key }) => key === account).length === 2)
      ).filter(({ key }) => key === account);
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
      assert.deepEqual(balance, {
        account_id: account,
        currency: "EUR",
        balance_cents: 700,
        sequence: 2,
        available_cents: 700,
      });
    });

    it("sends what it cannot apply to the dead letters with the reason, and applies the rest (SDG-6)", async () => {
      const account = await client.account(500);
      await waitUntil(
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
          {
            key: account,
            headers: { ...headers, marker },
            value: Buffer.concat([Buffer.from([0, 0, 15, 66, 64]), Buffer.from("xx")]),
          },
          { key: account, headers: { tenant_id: String(OTHER_TENANT), marker }, value: known?.raw ?? null },
          // The same payment under a new id, in another currency of as many letters.
          { key: account, headers: { ...headers, marker }, value: inDollars(known) },
        ],
      });
      await producer.disconnect();
      await client.bet(account, 200);
      await waitUntil(
        "the bet behind the poison is applied",
        () => client.get(`/api/v1/accounts/${account}/balance`),
        ({ body }) => body.sequence === 2 && body.balance_cents === 300,
      );
      const own = (seen: { headers: Record<string, string> }[]) =>
        seen.filter((record) => record.headers.marker === marker);
      const dead = own(await readTopic(at, "V1_PAYMENTS_DLQ", (seen) => own(seen).length === 5, false));
      const reasons = dead.map((record) => record.headers.dead_letter_reason);
      assert.deepEqual(reasons, [
        "the value is not framed Avro",
        "the value is not framed Avro",
        "the registry has no schema with id 1000000",
        `the header names tenant ${OTHER_TENANT}, the event ${TENANT}`,
        `the payment is in USD, but account ${account} is in EUR`,
      ]);
      assert.ok(
        dead.every(
          (record) =>
            record.headers.dead_letter_topic === "V1_PAYMENTS" && /^\d+$/.test(record.headers.dead_letter_offset ?? ""),
        ),
      );
    });

    it("keeps books that agree at 2^53 - 1, of the tenant's number and of the balance", async () => {
      const largest = Number.MAX_SAFE_INTEGER;
      await at.sql.query(`insert into tenants (id) values (${largest}) on conflict do nothing`);
      const rich = walletClient(base, largest);
      const account = await rich.account(1);
      const path = `/api/v1/accounts/${account}`;
      await waitUntil(
        "the first deposit is applied",
        () => rich.get(`${path}/balance`),
        ({ body }) => body.sequence === 1,
      );
      await at.sql.query(
        `begin; set local app.tenant_id = '${largest}';
         update accounts set available_cents = ${largest - 1} where account_id = '${account}';
         update balances set balance_cents = ${largest - 1} where account_id = '${account}'; commit`,
      );
      assert.equal((await rich.post(`${path}/deposits`, { amount_cents: 1 })).status, 201);
      const { body } = await waitUntil(
        "the last cent is applied",
        () => rich.get(`${path}/balance`),
        (answer) => answer.body.sequence === 2,
      );
      assert.deepEqual([body.balance_cents, body.available_cents], [largest, largest]);
      // Its event is written too; the tests' decoder is another one, which refuses the number.
      await readTopic(at, "V1_BALANCES", (seen) => seen.filter(({ key }) => key === account).length === 2);
      const over = await rich.post(`${path}/deposits`, { amount_cents: 1 });
      assert.deepEqual([over.status, over.body.error.code], [422, "balance_too_large"]);
    });

    it("applies an event once, however often it is delivered", async () => {
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
      const { body } = await waitUntil(
        "the bet behind them is applied",
        () => client.get(`/api/v1/accounts/${account}/balance`),
        (answer) => answer.body.balance_cents === 499,
      );
      assert.equal(body.sequence, 2);
    });
  });

  const inDollars = (known?: { raw: Buffer | null; event: { id: string } }) =>
    Buffer.from(
      (known?.raw ?? Buffer.alloc(0))
        .toString("latin1")
        .replace("EUR", "USD")
        .replace(known?.event.id ?? "", randomUUID()),
      "latin1",
    );

  describe("operation", () => {
    it("serves an OpenAPI document of every route (SDG-7)", async () => {
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

    it("counts requests, outbox and consumer on /metrics (SDG-7)", async () => {
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

    it("answers /health and /ready, which names each check (SDG-3)", async () => {
      assert.deepEqual((await client.get("/health")).body, { status: "ok" });
      const { status, body } = await client.get("/ready");
      assert.deepEqual(
        [status, body],
        [200, { status: "ready", checks: { database: "up", cache: "up", broker: "up", registry: "up" } }],
      );
    });

    it("answers an unknown route with the error envelope and a correlation id", async () => {
      const { status, body, headers } = await client.get("/api/v2/none?x=1");
      assert.deepEqual(
        [status, body.error.code, body.error.message],
        [404, "not_found", "There is no GET /api/v2/none."],
      );
      assert.match(headers.get("x-correlation-id") ?? "", /^[0-9a-f-]{36}$/);
      assert.equal(
        (await client.get("/health", { "x-correlation-id": "abc-1" })).headers.get("x-correlation-id"),
        "abc-1",
      );
      assert.match(
        (await client.get("/health", { "x-correlation-id": "bad id" })).headers.get("x-correlation-id") ?? "",
        /^[0-9a-f-]{36}$/,
      );
    });
  });
});
