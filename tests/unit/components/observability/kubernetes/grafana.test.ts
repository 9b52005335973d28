import assert from "node:assert/strict";
import { LOKI, PROMETHEUS, TEMPO } from "../../../../../components/observability/grafana/sources.ts";
import { dataSources, storeAddresses } from "../../../../../components/observability/kubernetes/data-sources.ts";
import { grafanaEnvironment, grafanaServer } from "../../../../../components/observability/kubernetes/grafana.ts";
import { clusterContext } from "../../../../support/observability/cluster-context.ts";

describe("Grafana in a cluster", () => {
  it("lets nobody in without a password, and tells nobody outside (SHOP-7)", () => {
    assert.equal(grafanaEnvironment.GF_AUTH_ANONYMOUS_ENABLED, "false");
    assert.equal(grafanaEnvironment.GF_USERS_ALLOW_SIGN_UP, "false");
    for (const name of ["REPORTING_ENABLED", "CHECK_FOR_UPDATES", "CHECK_FOR_PLUGIN_UPDATES"] as const)
      assert.equal(grafanaEnvironment[`GF_ANALYTICS_${name}`], "false");
  });

  it("has the data sources that dashboards name by their uids (OBS-1)", () => {
    const sources = dataSources(storeAddresses(), []);
    for (const { uid, type } of [PROMETHEUS, LOKI, TEMPO])
      assert.equal(sources.find((source) => source.uid === uid)?.type, type, uid);
    assert.equal(new Set(sources.map(({ name }) => name)).size, sources.length);
  });

  it("shows the platform's own tenant in Loki, and others on demand (INF-11)", () => {
    const loki = dataSources(storeAddresses(), [10_002, 20_000]).filter(({ type }) => type === "loki");
    assert.deepEqual(
      loki.map(({ uid, secureJsonData, jsonData }) => [uid, jsonData.httpHeaderName1, secureJsonData]),
      [
        ["loki", "X-Scope-OrgID", { httpHeaderValue1: "10001" }],
        ["loki-10002", "X-Scope-OrgID", { httpHeaderValue1: "10002" }],
        ["loki-20000", "X-Scope-OrgID", { httpHeaderValue1: "20000" }],
      ],
    );
  });

  it("leads from an exemplar and a line to the trace, and from a span to its lines (OBS-5)", () => {
    const [prometheus, , loki, tempo] = dataSources(storeAddresses(), []);
    assert.deepEqual(prometheus!.jsonData.exemplarTraceIdDestinations, [{ name: "trace_id", datasourceUid: "tempo" }]);
    const [field] = loki!.jsonData.derivedFields as { matcherRegex: string; datasourceUid: string }[];
    const line = JSON.stringify({ level: "info", trace_id: "4bf92f3577b34da6a3ce929d0e0e4736", msg: "paid" });
    assert.equal(new RegExp(field!.matcherRegex).exec(line)?.[1], "4bf92f3577b34da6a3ce929d0e0e4736");
    assert.equal((tempo!.jsonData.tracesToLogsV2 as { datasourceUid: string }).datasourceUid, "loki");
  });

  it("has a contact point for a webhook whose address only a Secret holds (SHOP-5)", () => {
    const secrets = { password: "p", signingKey: "s" };
    const webhook = "https://hooks.example.com/T0KEN";
    const { files, secrets: hidden, outside } = grafanaServer(clusterContext({ notify: { webhook } }), [], secrets);
    assert.match(String(files!.texts["alerting/plinth.yaml"]), /\$NOTIFY_WEBHOOK/);
    assert.doesNotMatch(JSON.stringify(files), /T0KEN/);
    assert.equal(hidden!.webhook, webhook);
    assert.deepEqual(outside, [443]);
    assert.equal(grafanaServer(clusterContext(), [], secrets).outside, undefined);
  });
});
