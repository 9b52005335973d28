import assert from "node:assert/strict";
import { exporterQueries } from "../../../../components/citus/exporter-queries.ts";
import { createDashboards } from "../../../../components/observability/dashboards/dashboards.ts";

describe("the exporter's queries of Citus", () => {
  const dashboards = JSON.stringify(createDashboards([]));

  it("print the metrics and labels that the dashboard reads", () => {
    for (const [namespace, { metrics }] of Object.entries(exporterQueries)) {
      const columns = metrics.flatMap((metric) => Object.entries(metric));
      const named = (usage: string) => columns.filter(([, column]) => column.usage === usage).map(([name]) => name);
      for (const gauge of named("GAUGE")) assert.ok(dashboards.includes(`${namespace}_${gauge}`), gauge);
      for (const label of named("LABEL")) assert.ok(dashboards.includes(`by (${label})`), label);
    }
  });

  it("answer on the coordinator alone, so that each shard counts once", () => {
    for (const { query } of Object.values(exporterQueries))
      assert.match(query, /where \(select groupid from pg_dist_local_group\) = 0 group by/);
  });
});
