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
 * What a service does while a server that it needs is not refused, not reset, but silent. A whole
 * one, since it is its parts together that wait.
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

  /** How long it took, and what came. */
  async function timed(call: Promise<HttpResponse>): Promise<HttpResponse & { ms: number }> {
    const begun = performance.now();
    return { ...(await call), ms: performance.now() - begun };
  }

  it("SDG-3 answers 503 within its limits while the database says nothing, is not ready, and works again right after", async () => {
    const account = await client.account(1000);
    database.blackHole();
    // More than there are connections: some wait for an answer, the others for a connection.
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
    const begun = performance.now();
    await waitUntil("a bet is taken", async () => (await client.bet(account, 1)).status === 201);
    const ms = performance.now() - begun;
    assert.ok(ms < 3000, `${ms} ms`);
  });

  it("tells of a commit whose answer never came that it may have happened, and answers the same key with what did", async () => {
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

  it("HLS-2 is as good as ever without an answer from the cache, and hardly slower", async () => {
    const account = await client.account(1000);
    cache.blackHole();
    // An unknown tenant is looked for in the cache each time; a known one is remembered in the
    // process.
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
