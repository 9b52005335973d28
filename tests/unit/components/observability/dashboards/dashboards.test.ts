import assert from "node:assert/strict";
import { root } from "@plinth/local/locations.ts";
import type { Dashboard, Panel } from "@plinth/local/page/model/dashboard.ts";
import { createAlertGroups } from "../../../../../components/observability/alerts/alerts.ts";
import { createDashboards } from "../../../../../components/observability/dashboards/dashboards.ts";
import { discoverServices } from "../../../../../components/service/descriptor.ts";
import { knownSeries, namesInExpression } from "../../../../support/observability/known-metrics.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";

/** Labels of every series of a target. */
const TARGET_LABELS = ["service", "version", "instance", "job", "env", "namespace"];
const SHOWN_COLUMNS = 24;

const panelsOf = ({ rows }: Dashboard): Panel[] => rows.flatMap((row) => [...row.panels]);
const titled = (dashboards: readonly Dashboard[], id: string) => dashboards.find((one) => one.id === id)!;

describe("the dashboards (OBS-1)", () => {
  const dashboards = createDashboards(observedServices);
  const platform = discoverServices(root);

  it("are the eight of the platform (SHOP-5, HLS-6)", () =>
    assert.deepEqual(
      dashboards.map(({ title }) => title),
      [
        "Microservices Overview",
        "Error Tracking",
        "Gateway Monitoring",
        "Business Metrics",
        "High-load Service",
        "Kafka and Schema Registry",
        "PostgreSQL and Citus",
        "Tenant",
      ],
    ));

  it("are plain data, the same each time", () => {
    assert.deepEqual(JSON.parse(JSON.stringify(dashboards)), dashboards);
    assert.equal(JSON.stringify(createDashboards(observedServices)), JSON.stringify(dashboards));
  });

  it("say in each panel what it shows and what to do", () => {
    const wrong = dashboards.flatMap((one) =>
      panelsOf(one).filter(({ description }) => !/^[^.].{30,}\.$/.test(description)),
    );
    assert.deepEqual(
      wrong.map(({ title }) => title),
      [],
    );
  });

  it("have no title twice on a page, and no panel wider than it", () => {
    for (const one of dashboards) {
      const titles = panelsOf(one).map(({ title }) => title);
      assert.deepEqual(titles, [...new Set(titles)]);
      assert.ok(panelsOf(one).every(({ width = 12 }) => width <= SHOWN_COLUMNS));
    }
  });

  it("name only metrics and labels that a service or an exporter prints, and so do alerts", async () => {
    for (const services of [observedServices, platform]) {
      const business = services.flatMap(({ metricsPrefix = "", business: counters = [] }) =>
        counters.map(({ metric }) => `${metricsPrefix}${metric}`),
      );
      const prefixes = services.flatMap(({ metricsPrefix }) => metricsPrefix ?? []);
      const known = await knownSeries(business);
      const series = (name: string) =>
        known.get(name) ??
        prefixes.map((prefix) => name.startsWith(prefix) && known.get(name.slice(prefix.length))).find(Boolean);
      const expressions = [
        ...createDashboards(services).flatMap((one) =>
          panelsOf(one).flatMap(({ queries }) => queries.map(({ expr }) => expr)),
        ),
        ...createAlertGroups(services).flatMap(({ rules }) => rules.map(({ expr }) => expr)),
      ];
      assert.ok(expressions.length > 100);
      for (const expr of expressions) {
        const { metrics, labels } = namesInExpression(expr);
        assert.ok(metrics.length > 0, expr);
        for (const name of metrics) assert.ok(series(name), `${name} in ${expr}`);
        const allowed = new Set([...TARGET_LABELS, "le", ...metrics.flatMap((name) => series(name) || [])]);
        for (const label of labels) assert.ok(allowed.has(label), `label ${label} in ${expr}`);
      }
    }
  });

  it("find names with and without a declared prefix (PIN-9)", () => {
    const [first] = panelsOf(titled(dashboards, "high-load-service"));
    assert.match(first!.queries[0]!.expr, /\{__name__=~"\(pinstack_\)\?http_requests_total"/);
    const plain = createDashboards(observedServices.filter(({ metricsPrefix }) => metricsPrefix === undefined));
    assert.match(panelsOf(titled(plain, "high-load-service"))[0]!.queries[0]!.expr, /rate\(http_requests_total\{/);
  });

  it("show the counters that descriptors declare, without a change here (SHOP-4)", () => {
    const rows = titled(dashboards, "business-metrics").rows;
    assert.deepEqual(
      rows.map(({ title }) => title),
      ["orders"],
    );
    assert.match(rows[0]!.panels[1]!.queries[0]!.expr, /pinstack_orders_created_total\{service="orders"\}/);
    assert.equal(rows[0]!.panels[2]!.unit, "cents");
    const titles = titled(createDashboards(platform), "business-metrics").rows.flatMap((row) =>
      row.panels.map(({ title }) => title),
    );
    assert.ok(titles.includes("Bets placed"));
  });

  it("leave out probes and scrapes, which no user makes", () => {
    const [first] = panelsOf(titled(dashboards, "high-load-service"));
    assert.ok(first!.queries[0]!.expr.includes('route!~"/health|/metrics|/ready"'));
  });

  it("draw the error budget of each service from its objectives (OBS-6)", () => {
    const budget = panelsOf(titled(dashboards, "microservices-overview")).find(
      ({ title }) => title === "Error budget left",
    )!;
    assert.deepEqual(
      budget.queries.map(({ legend }) => legend),
      ["orders availability 99.5 %", "orders within 100 ms", "wallet availability 99.9 %", "wallet within 250 ms"],
    );
    assert.match(budget.queries[0]!.expr, /\[30d\].* \/ 0\.005$/);
  });

  it("have no panel of all time that one tenant's page would mix with others' numbers", () => {
    for (const { queries, title, requires } of panelsOf(titled(dashboards, "tenant")))
      for (const { expr } of queries) assert.ok(expr.includes("$tenant"), `${title} ${requires}`);
  });
});
