import assert from "node:assert/strict";
import type { CacheTenantsInputs } from "@plinth/providers/cache-tenants.ts";
import { createCacheTenantsHandler } from "@plinth/providers/handlers/cache-tenants.ts";

const impatient = createCacheTenantsHandler({ deadlineMs: 600 });
/** Inputs with a cache that does not exist. */
const inputs: CacheTenantsInputs = {
  cacheUrl: "redis://:s3cret@127.0.0.1:1",
  tenants: "1",
  secret: "a secret of the tests",
  providerVersion: 1,
};

describe("CacheTenants without a Redis (PLT-6)", () => {
  describe("with a missing cache", () => {
    it("gives up at the deadline", async () => {
      const started = Date.now();
      await assert.rejects(
        impatient.create(inputs),
        /^the cache redis:\/\/127\.0\.0\.1:1 did not serve the request within 1 s: .*ECONNREFUSED/,
      );
      assert.ok(Date.now() - started < 3_000);
    });

    it("plans no work, and lets a stack be destroyed", async () => {
      const outs = { ...inputs, users: 1, durable: false, rules: "" };
      assert.deepEqual(await impatient.diff("cache-tenants", outs, inputs), { changes: false });
      await impatient.delete("cache-tenants", outs);
    });
  });

  for (const [invalid, expected] of [
    [{ tenants: "5-1" }, /the range "5-1" ends before it begins/],
    [{ secret: "short" }, /^the secret of the tenants' passwords is too short: 16 characters or more are needed$/],
    [{ cacheUrl: "http://:s3cret@x" }, /^cacheUrl begins with http:\/\/, but redis:\/\/ or rediss:\/\/ is needed$/],
    [{ cacheUrl: "s3cret" }, /^cacheUrl is not a URL/],
  ] as const) {
    it(`refuses ${JSON.stringify(invalid)}`, async () => {
      const { failures } = await impatient.check({}, { ...inputs, ...invalid });
      assert.deepEqual(
        failures.map(({ property }) => property),
        [""],
      );
      assert.match(failures[0]!.reason, expected);
      assert.doesNotMatch(failures[0]!.reason, /s3cret/);
    });
  }
});
