import assert from "node:assert/strict";
import type { Service } from "@plinth/kit/service.ts";
import { type FaultProxy, startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { type InProcessService, startInProcess } from "@plinth/kit/testing/in-process.ts";
import { createWallet } from "@plinth/wallet/app.ts";
import { readWalletEnv } from "@plinth/wallet/env.ts";
import { waitUntil } from "../../../support/eventually.ts";
import { platform } from "../../../support/services/platform.ts";
import { type HttpResponse, type WalletClient, walletClient } from "../../../support/services/wallet-client.ts";

/**
 * A server that neither refuses nor resets connections, but does not answer. The tests run a whole
 * service, because the waits of its parts add up.
 */
describe("a service whose server falls silent", function () {
  this.timeout(60_000);
  let database: FaultProxy;
  let cache: FaultProxy;
  let running: InProcessService<Service>;
  let client: WalletClient;

  before(async () => {
    const at = await platform();
    [database, cache] = await Promise.all([startFaultProxy(at.database.port), startFaultProxy(at.cache.port)]);
    const through = (url: string, { port }: FaultProxy) => Object.assign(new URL(url), { port: String(port) }).href;
    const urls = { DATABASE_URL: through(at.database.url, database), REDIS_URL: through(at.cache.url, cache) };
    running = await startInProcess(createWallet(readWalletEnv({ ...at.environment(), ...urls })));
    client = walletClient(running.baseUrl);
  });
  afterEach(async () => {
    await Promise.all([database.heal(), cache.heal()]);
    await waitUntil("the wallet is ready again", async () => (await client.get("/ready")).status === 200);
  });
  after(async () => {
    await running.stop();
    await Promise.all([database.stop(), cache.stop()]);
  });

  /** The answer, and the milliseconds until it came. */
  async function timed(call: Promise<HttpResponse>): Promise<HttpResponse & { ms: number }> {
    const startedAt = performance.now();
    return { ...(await call), ms: performance.now() - startedAt };
  }

  it("answers 503 in time while the database is silent, is not ready, and works right afterwards (SDG-3)", async () => {
    const account = await client.account(1000);
    database.blackHole();
    // More than there are connections: some wait for an answer, others for a connection.
    const answers = await Promise.all(Array.from({ length: 20 }, () => timed(client.bet(account, 1))));
    for (const { status, body, ms } of answers) {
      assert.deepEqual([status, body.error.code], [503, "unavailable"]);
      assert.ok(ms < 7000, `${ms} ms`);
    }
    const readiness = await timed(client.get("/ready"));
    assert.deepEqual([readiness.status, readiness.body.checks.database], [503, "down"]);
    assert.ok(readiness.ms < 2500, `${readiness.ms} ms`);
    assert.equal((await client.get("/health")).status, 200);
    await database.heal();
    const startedAt = performance.now();
    await waitUntil("a bet is accepted", async () => (await client.bet(account, 1)).status === 201);
    const ms = performance.now() - startedAt;
    assert.ok(ms < 3000, `${ms} ms`);
  });

  it("says that an unanswered commit may have taken effect, and answers its key with the result", async () => {
    const account = await client.account(1000);
    const key = { "idempotency-key": `black-hole-${process.pid}` };
    database.blackHole("answers");
    const { status, body } = await client.bet(account, 100, key);
    assert.deepEqual([status, body.error.code], [503, "unavailable"]);
    await database.heal();
    const again = await waitUntil(
      "the bet is answered",
      () => client.bet(account, 100, key),
      (answer) => answer.status === 201,
    );
    assert.equal(again.body.available_cents, 900);
    const { body: balance } = await client.get(`/api/v1/accounts/${account}/balance`);
    assert.equal(balance.available_cents, 900);
  });

  it("answers as usual and hardly slower while the cache is silent (HLS-2)", async () => {
    const account = await client.account(1000);
    cache.blackHole();
    // An unknown tenant is looked up in the cache each time; the process remembers a known one.
    const stranger = walletClient(running.baseUrl, 99_999);
    const answers = await Promise.all([
      ...Array.from({ length: 10 }, () => timed(client.bet(account, 1))),
      ...Array.from({ length: 10 }, () => timed(stranger.get(`/api/v1/accounts/${account}/balance`))),
    ]);
    assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([201, 400]));
    const slowest = Math.max(...answers.map(({ ms }) => ms));
    assert.ok(slowest < 2500, `${slowest} ms`);
  });
});
