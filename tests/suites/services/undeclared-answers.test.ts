import assert from "node:assert/strict";
import type { Service } from "@plinth/kit/service.ts";
import { findUndeclared } from "../../support/api/schemathesis.ts";
import { startHighload } from "../../support/services/highload-client.ts";
import { platform, TENANT } from "../../support/services/platform.ts";
import { startWallet } from "../../support/services/wallet-client.ts";

/** For each service. */
const SECONDS = 12;

describe("answers to generated requests", function () {
  this.timeout(180_000);
  let wallet: { wallet: Service; base: string };
  let highload: { highload: Service; base: string };

  before(async () => {
    const at = await platform();
    wallet = await startWallet(at);
    highload = await startHighload(at);
  });
  after(() => Promise.all([wallet.wallet.lifecycle.stop(), highload.highload.lifecycle.stop()]));

  it("are those that the wallet's document declares, by schemathesis", async () => {
    assert.equal(await findUndeclared(wallet.base, TENANT, SECONDS), "");
  });

  it("are those that highload's document declares, by schemathesis", async () => {
    assert.equal(await findUndeclared(highload.base, TENANT, SECONDS), "");
  });
});
