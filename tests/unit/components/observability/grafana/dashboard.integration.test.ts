import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { createDashboards } from "../../../../../components/observability/dashboards/dashboards.ts";
import { grafanaDashboard } from "../../../../../components/observability/grafana/dashboard.ts";
import { discoverServices } from "../../../../../components/service/descriptor.ts";
import { grafanaTypeErrors } from "../../../../support/observability/grafana-types.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";

describe("Grafana's JSON under the types of @grafana/schema (OBS-1)", function () {
  this.timeout(60_000);

  it("compiles for every dashboard", () => {
    const dashboards = [...createDashboards(discoverServices(root)), ...createDashboards(observedServices)];
    assert.equal(grafanaTypeErrors(dashboards.map(grafanaDashboard)), "");
  });

  it("is refused with an unknown field, a wrong type or an unknown value, so that the check can fail", () => {
    const text = JSON.stringify(grafanaDashboard(createDashboards(observedServices)[0]!));
    for (const [search, replacement, words] of [
      ['"graphTooltip":0', '"graphTooltip":7', /Type '7' is not assignable/],
      ['"transparent":false', '"transparant":false', /"transparant"' does not exist/],
      ['"calcs":["lastNotNull"]', '"calcs":"lastNotNull"', /not assignable/],
      ['"colorMode":"value"', '"colorMode":"colour"', /"colour"' is not assignable/],
    ] as const) {
      assert.ok(text.includes(search), search);
      assert.match(grafanaTypeErrors([JSON.parse(text.replace(search, replacement)) as object]), words);
    }
  });
});
