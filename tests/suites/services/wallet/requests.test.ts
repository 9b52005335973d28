import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { countRows, type Platform, TENANT } from "../../../support/services/platform.ts";
import { readTopic } from "../../../support/services/records.ts";
import { type WalletClient, withWallet } from "../../../support/services/wallet-client.ts";

describe("wallet", () => {
  let at: Platform;
  let client: WalletClient;
  withWallet((running) => {
    ({ at, client } = running);
  });

  const rows = (table: string) => countRows(at, table);

  describe("requests", () => {
    it("places a bet, debits its stake and answers the remaining funds", async () => {
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
      it(`refuses ${what} as cents with 400 and writes nothing (INF-9)`, async () => {
        const account = await client.account(1000);
        const before = await rows("bets");
        const { status, body } = await client.bet(account, cents);
        assert.equal(status, 400);
        assert.equal(body.error.code, "invalid_request");
        assert.match(body.error.message, /amount_cents/);
        assert.equal(await rows("bets"), before);
      });
    }

    const inexact: [text: string, words: RegExp][] = [
      ["0.99999999999999999", /body\/amount_cents has more digits/],
      ["10000000000.0000000001", /body\/amount_cents has more digits/],
      ["1e400", /body\/amount_cents has more digits/],
      ["-0", /body\/amount_cents must be >= 1/],
      ["01", /well-formed JSON/],
      ['1, "amount_cents": 2', /body\/amount_cents is there twice/],
      ['1, "amount\\u005fcents": 1', /body\/amount_cents is there twice/],
    ];
    for (const [text, words] of inexact)
      it(`judges the text ${text} as it was sent, and writes nothing`, async () => {
        const account = await client.account(1000);
        const before = await rows("payments");
        const path = `/api/v1/accounts/${account}/deposits`;
        const { status, body } = await client.post(path, `{"amount_cents": ${text}}`);
        assert.deepEqual([status, body.error.code], [400, "invalid_request"]);
        assert.match(body.error.message, words);
        assert.equal(await rows("payments"), before);
      });

    it("takes the text 1.00e2 for 100 cents", async () => {
      const account = await client.account(0);
      const { body } = await client.post(`/api/v1/accounts/${account}/deposits`, '{"amount_cents": 1.00e2}');
      assert.equal(body.available_cents, 100);
    });

    const malformed: [string, unknown, number, string][] = [
      [
        "an unknown field",
        { account_id: randomUUID(), amount_cents: 1, selection: "x", bonus: 1 },
        400,
        "body/bonus is not a known field",
      ],
      ["a missing field", { account_id: randomUUID(), amount_cents: 1 }, 400, "selection"],
      ["an account that is no UUID", { account_id: "1", amount_cents: 1, selection: "x" }, 400, "account_id"],
      ["an empty selection", { account_id: randomUUID(), amount_cents: 1, selection: "" }, 400, "selection"],
      ["no JSON", '{"account_id":', 400, "well-formed JSON"],
      ["a list", [], 400, "object"],
      [
        "a body beyond the limit",
        { account_id: randomUUID(), amount_cents: 1, selection: "x".repeat(70_000) },
        413,
        "larger",
      ],
    ];
    for (const [what, sent, expected, words] of malformed) {
      it(`refuses ${what} with the error envelope`, async () => {
        const { status, body } = await client.post("/api/v1/bets", sent, { "x-correlation-id": "case-1" });
        assert.equal(status, expected);
        assert.ok(body.error.message.includes(words), body.error.message);
        assert.equal(body.error.correlation_id, "case-1");
      });
    }

    it("refuses an overdraft with insufficient_funds and writes nothing", async () => {
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

    it("answers a refused request's key with the refusal for good, and with the same answer to everyone", async () => {
      const account = await client.account(100);
      const key = { "idempotency-key": randomUUID() };
      const bets = await rows("bets");
      const first = await Promise.all(Array.from({ length: 8 }, () => client.bet(account, 300, key)));
      assert.deepEqual(
        new Set(first.map(({ status, body }) => `${status} ${body.error.code}`)),
        new Set(["409 insufficient_funds"]),
      );
      await client.post(`/api/v1/accounts/${account}/deposits`, { amount_cents: 500 });
      const again = await client.bet(account, 300, key);
      assert.deepEqual([again.status, again.body.error.code], [409, "insufficient_funds"]);
      assert.equal(again.headers.get("idempotent-replayed"), "true");
      assert.equal(await rows("bets"), bets);
      assert.equal((await client.bet(account, 300)).status, 201);
    });

    it("keeps nothing of a request that was refused before it reached a transaction", async () => {
      const account = await client.account(100);
      const key = { "idempotency-key": randomUUID() };
      assert.equal((await client.bet(account, 2.5, key)).status, 400);
      assert.equal((await client.bet(account, 2, { ...key, "x-tenant-id": "77" })).status, 400);
      assert.equal((await client.bet(account, 2, key)).status, 201);
    });

    it("answers each key once while bets and deposits with the same keys race", async () => {
      const account = await client.account(0);
      const keys = Array.from({ length: 20 }, () => randomUUID());
      const bet = (key: string) => client.bet(account, 50, { "idempotency-key": key });
      const deposit = () => client.post(`/api/v1/accounts/${account}/deposits`, { amount_cents: 100 });
      const answers = await Promise.all(
        keys.flatMap((key, index) => [bet(key), ...(index % 4 === 0 ? [deposit()] : []), bet(key), bet(key)]),
      );
      assert.ok(answers.every(({ status }) => status < 500));
      const answersByKey = await Promise.all(
        keys.map(async (key) =>
          (await Promise.all([bet(key), bet(key)])).map(
            ({ status, body }) => `${status} ${body.bet_id ?? body.error.code}`,
          ),
        ),
      );
      for (const [one, other] of answersByKey) assert.equal(one, other);
      const placed = answersByKey.filter(([one]) => one!.startsWith("201"));
      const { body } = await client.get(`/api/v1/accounts/${account}/balance`);
      assert.equal(body.available_cents, 500 - 50 * placed.length);
    });

    for (const [what, key] of [
      ["empty", ""],
      ["too long", "k".repeat(201)],
      ["not ASCII", "cl\u00e9"],
    ])
      it(`refuses a key that is ${what}`, async () => {
        const { status, body } = await client.bet(await client.account(10), 1, { "idempotency-key": key! });
        assert.deepEqual([status, body.error.details?.[0].path], [400, "headers/idempotency-key"]);
      });

    it("takes a key in quotes, as the draft writes it, for the key between them", async () => {
      const account = await client.account(10);
      const key = randomUUID();
      const answers = [
        await client.bet(account, 1, { "idempotency-key": key }),
        await client.bet(account, 1, { "idempotency-key": `"${key}"` }),
      ];
      assert.equal(answers[0]!.body.bet_id, answers[1]!.body.bet_id);
    });

    it("deposits once per key, and refuses a duplicate account and a balance beyond 2^53 - 1", async () => {
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
});
