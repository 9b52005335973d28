import assert from "node:assert/strict";
import { createDashboards } from "../../../../../components/observability/dashboards/dashboards.ts";
import { grafanaDashboard } from "../../../../../components/observability/grafana/dashboard.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";

interface GrafanaPanel {
  id: number;
  type: string;
  title: string;
  description?: string;
  gridPos: { x: number; y: number; w: number; h: number };
  datasource?: { type: string; uid: string };
  targets?: { refId: string; expr?: string; query?: string; exemplar?: boolean; datasource: { uid: string } }[];
}

interface GrafanaDashboard {
  uid: string;
  panels: GrafanaPanel[];
  templating: { list: { name: string; allValue?: string; current?: { value: string }; query: { query: string } }[] };
}

describe("a dashboard for Grafana (OBS-1)", () => {
  const plain = createDashboards(observedServices);
  const dashboards = plain.map((one) => grafanaDashboard(one) as GrafanaDashboard);
  const byUid = (uid: string) => dashboards.find((one) => one.uid === uid)!;

  it("has a stable uid and stable bytes", () => {
    assert.deepEqual(
      dashboards.map(({ uid }) => uid),
      plain.map(({ id }) => `plinth-${id}`),
    );
    assert.equal(JSON.stringify(plain.map(grafanaDashboard)), JSON.stringify(dashboards));
  });

  it("has every panel of the definition, in its order, with its queries", () => {
    for (const [index, { rows }] of plain.entries()) {
      const panels = rows.flatMap((row) => row.panels);
      const rendered = dashboards[index]!.panels.filter(({ type }) => type !== "row");
      assert.deepEqual(
        rendered.map(({ title }) => title),
        panels.map(({ title }) => title),
      );
      for (const [at, { queries }] of panels.entries())
        if (queries.length > 0)
          assert.deepEqual(
            rendered[at]!.targets!.map(({ expr }) => expr),
            queries.map(({ expr }) => expr.replaceAll("$__interval", "$__rate_interval")),
          );
    }
  });

  it("overlaps no panels and numbers them", () => {
    for (const { panels } of dashboards) {
      assert.deepEqual(
        panels.map(({ id }) => id),
        panels.map((_, index) => index + 1),
      );
      const taken = new Set<string>();
      for (const { gridPos, title } of panels)
        for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
          for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
            assert.ok(x < 24 && !taken.has(`${x}:${y}`), title);
            taken.add(`${x}:${y}`);
          }
    }
  });

  it("asks the data sources by their uids, and for exemplars on latencies (OBS-5)", () => {
    const all = dashboards.flatMap(({ panels }) => panels).filter(({ type }) => type !== "row");
    assert.deepEqual([...new Set(all.map(({ datasource }) => datasource?.uid))].sort(), [
      "loki",
      "prometheus",
      "tempo",
    ]);
    for (const { targets, datasource } of all)
      for (const target of targets!) assert.deepEqual(target.datasource, datasource);
    assert.ok(all.some(({ targets }) => targets!.some(({ exemplar }) => exemplar)));
  });

  it("offers all services at once, but one tenant at a time", () => {
    const [service] = byUid("plinth-microservices-overview").templating.list;
    assert.equal(service!.allValue, ".+");
    assert.equal(service!.current!.value, "$__all");
    const [tenant] = byUid("plinth-tenant").templating.list;
    assert.equal(tenant!.allValue, undefined);
    assert.match(tenant!.query.query, /^label_values\(\{__name__=~".*tenant_requests_total"\}, tenant_id\)$/);
  });

  it("says where a panel may be empty", () => {
    const shards = byUid("plinth-postgresql-and-citus").panels.find(({ title }) => title === "Shards by worker")!;
    assert.match(shards.description!, /Has data in a stack with Citus\.$/);
  });
});
