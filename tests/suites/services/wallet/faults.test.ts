import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import type { ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import type { PoolClient } from "pg";
import { waitUntil } from "../../../support/eventually.ts";
import { type Platform, platform, TENANT } from "../../../support/services/platform.ts";
import { createProcessOf } from "../../../support/services/service-process.ts";
import { type WalletClient, walletClient } from "../../../support/services/wallet-client.ts";

describe("wallet under faults", function () {
  this.timeout(90_000);
  let at: Platform;
  let wallet: ServiceProcess;
  let client: WalletClient;

  before(async () => {
    at = await platform();
    wallet = await createProcessOf(at, "wallet");
    await wallet.start();
    client = walletClient(wallet.baseUrl);
    await ready();
  });
  after(() => wallet.stop());

  const ready = () => waitUntil("the wallet is ready", async () => (await fetch(`${wallet.baseUrl}/ready`)).ok);

  /** Six workers bet on the accounts until `stop`; collects the acknowledged bets. */
  function load(accounts: readonly string[]) {
    const acknowledged: string[] = [];
    const statuses = new Map<number, number>();
    let running = true;
    const work = async (worker: number) => {
      for (let turn = worker; running; turn++) {
        const account = accounts[turn % accounts.length] ?? "";
        const status = await client.bet(account, 1).then(
          ({ status, body }) => {
            if (status === 201) acknowledged.push(body.bet_id);
            return status;
          },
          () => 0,
        );
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        if (status !== 201) await sleep(20);
      }
    };
    const workers = Array.from({ length: 6 }, (_, worker) => work(worker));
    return {
      acknowledged,
      statuses,
      async stop() {
        running = false;
        await Promise.all(workers);
      },
    };
  }

  /** Every acknowledged bet exists, and ledger, payments and balances agree to the cent. */
  async function assertSettled(
    accounts: readonly string[],
    acknowledged: readonly string[],
    deposited: number,
  ): Promise<void> {
    const connection = await at.sql.connect();
    try {
      const { rows: bets } = await tenantQuery(
        connection,
        "select bet_id, account_id from bets where account_id = any($1)",
        [accounts],
      );
      const stored = new Set(bets.map(({ bet_id }) => bet_id));
      const lost = acknowledged.filter((bet) => !stored.has(bet));
      assert.deepEqual(lost, [], "acknowledged bets are missing");
      for (const account of accounts) {
        const placed = bets.filter(({ account_id }) => account_id === account).length;
        const { body } = await waitUntil(
          `the events of ${account} are applied`,
          () => client.get(`/api/v1/accounts/${account}/balance`),
          ({ status, body }) => status === 200 && body.sequence >= placed + 1,
          30_000,
        );
        assert.deepEqual(
          { balance: body.balance_cents, available: body.available_cents, sequence: body.sequence },
          { balance: deposited - placed, available: deposited - placed, sequence: placed + 1 },
        );
      }
    } finally {
      connection.release();
    }
  }

  const faults: [string, () => Promise<void>, () => Promise<void>][] = [
    ["PostgreSQL", () => at.database.kill(), () => at.database.start()],
    ["the broker", () => at.broker.kill(), () => at.broker.start()],
    ["the schema registry", () => at.registry.kill(), () => at.registry.start()],
    ["Redis", () => at.cache.kill(), () => at.cache.start()],
    ["the wallet itself", () => wallet.kill(), () => wallet.start()],
  ];
  for (const [what, kill, start] of faults) {
    it(`loses no acknowledged bet and applies none twice when ${what} is killed under load (PLT-10)`, async () => {
      const accounts = await Promise.all(Array.from({ length: 4 }, () => client.account(1_000_000)));
      const running = load(accounts);
      let seconds: number;
      try {
        await waitUntil("bets are accepted", async () => running.acknowledged.length > 30);
        await kill();
        await sleep(300);
        await start();
        const back = Date.now();
        const count = running.acknowledged.length;
        await waitUntil("bets are accepted again", async () => running.acknowledged.length > count + 30);
        await ready();
        seconds = (Date.now() - back) / 1000;
      } finally {
        await running.stop();
      }
      assert.ok(seconds < 5, `the wallet needed ${seconds} s to work again`);
      await assertSettled(accounts, running.acknowledged, 1_000_000);
      assert.ok(
        [...running.statuses.keys()].every((status) => [201, 503, 0].includes(status)),
        `statuses: ${[...running.statuses.keys()]}`,
      );
    });
  }

  it("answers 503 with a code while PostgreSQL is away, and reports it on /ready", async () => {
    const account = await client.account(100);
    await at.database.kill();
    try {
      const { status, body, headers } = await client.bet(account, 1);
      assert.deepEqual([status, body.error.code, headers.get("retry-after")], [503, "unavailable", "1"]);
      assert.doesNotMatch(JSON.stringify(body), /ECONN|app:app|localhost/);
      const readiness = await client.get("/ready");
      assert.equal(readiness.status, 503);
      assert.equal(readiness.body.checks.database, "down");
      assert.equal((await client.get("/health")).status, 200);
    } finally {
      await at.database.start();
    }
    await ready();
  });

  it("accepts bets while the broker is away, reports it on /ready, and publishes them once it is back", async () => {
    const account = await client.account(100);
    await at.broker.kill();
    try {
      for (let bet = 0; bet < 5; bet++) assert.equal((await client.bet(account, 10)).status, 201);
      const { body } = await waitUntil(
        "the broker is seen to be down",
        () => client.get("/ready"),
        ({ status }) => status === 503,
      );
      assert.equal(body.checks.broker, "down");
    } finally {
      await at.broker.start();
    }
    await ready();
    await waitUntil(
      "the events are applied",
      () => client.get(`/api/v1/accounts/${account}/balance`),
      ({ body }) => body.balance_cents === 50,
      30_000,
    );
  });

  it("answers requests in flight after SIGTERM, publishes their events and exits with 0 (SDG-1)", async () => {
    const instance = await createProcessOf(at, "wallet", { LOG_LEVEL: "debug" });
    await instance.start();
    const instanceClient = walletClient(instance.baseUrl);
    const accounts = await Promise.all(Array.from({ length: 8 }, () => instanceClient.account(1000)));
    const answers = Promise.allSettled(
      Array.from({ length: 64 }, (_, index) => instanceClient.bet(accounts[index % 8] ?? "", 1)),
    );
    await waitUntil("some are answered", async () =>
      /route="\/api\/v1\/bets"/.test((await instanceClient.get("/metrics")).body),
    );
    assert.equal(await instance.stop(), 0, instance.lines.slice(-5).join("\n"));
    const outcomes = await answers;
    // A refused connection sent no request; an accepted one gets its answer.
    const taken = outcomes.filter((outcome) => outcome.status === "fulfilled");
    assert.ok(taken.length > 0);
    assert.deepEqual(new Set(taken.map(({ value }) => value.status)), new Set([201]));
  });

  it("logs JSON lines with the request's correlation id and without passwords (SDG-7)", async () => {
    await client.get("/api/v1/accounts/00000000-0000-4000-8000-000000000000/balance", {
      "x-correlation-id": "find-me",
    });
    const line = await waitUntil("the request is logged", async () =>
      wallet.lines.map((one) => JSON.parse(one)).find(({ correlation_id }) => correlation_id === "find-me"),
    );
    assert.deepEqual(
      [line.level, line.service, line.method, line.route, line.status],
      ["info", "wallet", "GET", "/api/v1/accounts/:account_id/balance", 404],
    );
    assert.ok(!wallet.lines.some((one) => one.includes("app:app")));
  });
});

async function tenantQuery(connection: PoolClient, text: string, values: unknown[]) {
  await connection.query(`begin; set local app.tenant_id = '${TENANT}'`);
  const result = await connection.query<{ bet_id: string; account_id: string }>(text, values);
  await connection.query("commit");
  return result;
}
