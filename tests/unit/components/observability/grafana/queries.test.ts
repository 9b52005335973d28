import assert from "node:assert/strict";
import { parser } from "@grafana/lezer-logql";
import type { LogSelection } from "@plinth/local/page/model/dashboard.ts";
import { createDashboards } from "../../../../../components/observability/dashboards/dashboards.ts";
import { logQl, traceQl } from "../../../../../components/observability/grafana/queries.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";

/** Labels of every stream, and fields of every structured line. */
const STREAM_LABELS = ["service", "env", "version"];
const LINE_FIELDS = ["level", "time", "msg", "correlation_id", "trace_id", "span_id", "tenant_id"];

describe("Loki's queries of panels (OBS-1)", () => {
  const selections = createDashboards(observedServices).flatMap(({ rows }) =>
    rows.flatMap(({ panels }) => panels.flatMap(({ logs }) => logs ?? [])),
  );
  const samples: LogSelection[] = [
    { labels: {} },
    { labels: { service: "wallet", env: "dev" }, text: 'a "quoted" \\ text' },
    { labels: { service: "$service" }, level: "warn", ofTenant: true },
  ];

  it("parse under Grafana's own grammar", () => {
    assert.ok(selections.length >= 2);
    for (const query of [...selections, ...samples].map(logQl)) assert.deepEqual(errorsIn(query), [], query);
  });

  it("are refused by it when they are wrong, so that the check can fail", () => {
    for (const query of ['{service="wallet"', '{service="wallet"} | | json', "service"])
      assert.notDeepEqual(errorsIn(query), [], query);
  });

  it("choose streams by labels of the contract only, and lines by its fields", () => {
    for (const query of [...selections, ...samples].map(logQl)) {
      const [, streams = "", stages = ""] = /^\{([^}]*)\}(.*)$/.exec(query)!;
      for (const [, label] of streams.matchAll(/(\w+)=/g)) assert.ok(STREAM_LABELS.includes(label!), query);
      for (const [, field] of stages.matchAll(/\| (\w+)=/g)) {
        assert.ok(LINE_FIELDS.includes(field!), query);
        assert.ok(stages.includes("| json"), query);
      }
    }
  });

  it("take the least level with all above it", () =>
    assert.equal(
      logQl({ labels: { service: "$service" }, level: "error", ofTenant: true }),
      '{service=~"$service"} | json | level=~"error|fatal" | tenant_id=~"$tenant"',
    ));
});

describe("Tempo's queries of panels (OBS-1)", () => {
  for (const [selection, query] of [
    [{}, "{  }"],
    [{ service: "$service", status: "error" }, '{ resource.service.name =~ "$service" && status = error }'],
    [{ minDurationMs: 500, ofTenant: true }, "{ duration > 500ms && span.tenant.id = $tenant }"],
  ] as const)
    it(`say ${JSON.stringify(selection)} as ${query}`, () => assert.equal(traceQl(selection), query));
});

function errorsIn(query: string): string[] {
  const errors: string[] = [];
  parser.parse(query).iterate({
    enter: ({ type, from, to }) => void (type.isError && errors.push(query.slice(from, to) || `at ${from}`)),
  });
  return errors;
}
