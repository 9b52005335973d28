import assert from "node:assert/strict";
import type { Service } from "@plinth/kit/service.ts";
import { platform, TENANT } from "../../../support/services/platform.ts";
import { startWallet, walletClient } from "../../../support/services/wallet-client.ts";

describe("the environment of a service", () => {
  let service: Service;
  let base: string;
  before(async () => {
    const { wallet, base: at } = await startWallet(await platform(), {
      RATE_LIMIT_PER_MINUTE: "3",
      CORS_ORIGINS: "https://shop.example, https://admin.example",
    });
    service = wallet;
    base = at;
  });
  after(() => service.lifecycle.stop());

  it("RATE_LIMIT_PER_MINUTE limits a tenant's routes, not probes or other tenants (SHOP-7)", async () => {
    const client = walletClient(base, TENANT);
    const path = `/api/v1/accounts/${crypto.randomUUID()}/balance`;
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await client.get(path)).status);
    assert.deepEqual(statuses, [404, 404, 404, 429]);
    assert.equal((await client.get("/health")).status, 200);
    assert.equal((await walletClient(base, TENANT + 1).get(path)).status, 404);
  });

  it("CORS_ORIGINS allows calls from pages of those origins", async () => {
    const allowed = async (origin: string) =>
      (await fetch(`${base}/health`, { headers: { origin } })).headers.get("access-control-allow-origin");
    assert.equal(await allowed("https://admin.example"), "https://admin.example");
    assert.equal(await allowed("https://evil.example"), null);
  });
});
