import assert from "node:assert/strict";
import { formatTenantIds } from "@plinth/providers/tenancy/ids.ts";
import { parseTenants } from "../../../../components/tenants/declaration.ts";
import { resolveTenants } from "../../../../components/tenants/settings.ts";

describe("the settings of tenants (PLT-6)", () => {
  it("group tenants of one quota, however else they differ", () => {
    const quota = { produceBytesPerSecond: 5 };
    const { quotas, ids, isolated } = resolveTenants(
      parseTenants([{ ids: "1-3", broker: quota }, { ids: "4-6", broker: quota, cache: "isolated" }, 9]),
    );
    assert.deepEqual(quotas, { "1-6": quota });
    assert.deepEqual([formatTenantIds(ids), formatTenantIds(isolated)], ["1-6,9", "4-6"]);
  });
});
