import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import { createDashboards } from "../../../../../components/observability/dashboards/dashboards.ts";
import { discoverServices } from "../../../../../components/service/descriptor.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";
import { checkRules } from "../../../../support/observability/promtool.ts";

describe("the queries of the dashboards", () => {
  for (const [title, services] of [
    ["the platform's services", discoverServices(root)],
    ["services with a prefix", observedServices],
    ["no service at all", []],
  ] as const)
    it(`parse under Prometheus' own parser for ${title} (OBS-1)`, () => {
      const queries = createDashboards(services).flatMap(({ id, rows }) =>
        rows.flatMap(({ panels }) => panels.flatMap((panel) => panel.queries.map(({ expr }) => ({ id, expr })))),
      );
      const rules = queries.map(({ id, expr }, index) => ({
        record: `${id.replaceAll("-", "_")}:${index}`,
        expr: expr.replaceAll("$__interval", "1m").replaceAll("$service", ".+").replaceAll("$tenant", "10001"),
      }));
      assert.ok(rules.length > 50);
      assert.equal(checkRules({ groups: [{ name: "panels", rules }] }), "");
    });
});
