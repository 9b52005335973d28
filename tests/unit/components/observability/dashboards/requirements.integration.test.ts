import assert from "node:assert/strict";
import { createDashboards } from "../../../../../components/observability/dashboards/dashboards.ts";
import { eventually } from "../../../../support/eventually.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";
import { startMetricStore } from "../../../../support/servers/metric-store.ts";

/** What the exporters of stacks with Citus, with a gateway and with a gRPC service print. */
const SERIES = [
  'citus_shard_size_bytes{table="bets",node="worker-1:5432"}',
  'citus_tenant_queries{tenant="10001"}',
  'envoy_http_downstream_rq_xx{envoy_response_code_class="5"}',
  "envoy_http_downstream_cx_active",
  'envoy_http_downstream_rq_time_bucket{le="100"}',
  'envoy_http_downstream_rq_time_bucket{le="+Inf"}',
  'envoy_cluster_upstream_cx_connect_fail{envoy_cluster_name="wallet"}',
  'pinstack_grpc_server_handled_total{service="orders",grpc_method="Get",grpc_code="OK"}',
  'grpc_server_handling_seconds_bucket{service="wallet",grpc_method="Get",grpc_code="OK",le="0.1"}',
  'grpc_server_handling_seconds_bucket{service="wallet",grpc_method="Get",grpc_code="OK",le="+Inf"}',
];

describe("panels that not every stack fills, on a real store of metrics (OBS-1)", () => {
  let url: string;
  before(async () => {
    // An empty group: this is about the store alone.
    url = (await startMetricStore({ groups: [] })).metrics.url;
    const now = Date.now();
    const samples = [4, 3, 2, 1].flatMap((age) => SERIES.map((series) => `${series} ${100 - age} ${now - age * 5000}`));
    const body = `${samples.join("\n")}\n`;
    const { status } = await fetch(`${url}/api/v1/import/prometheus`, { method: "POST", body });
    assert.equal(status, 204);
  });

  it("have data where the stack has what they require", async () => {
    const panels = createDashboards(observedServices).flatMap(({ rows }) =>
      rows.flatMap((row) => row.panels.filter(({ requires }) => requires !== undefined)),
    );
    assert.ok(panels.length >= 10);
    for (const { title, queries } of panels)
      for (const { expr } of queries)
        await eventually(`'${title}' has data`, () => hasData(expr), 30).catch((error: Error) => {
          throw new Error(`${error.message}: ${expr}`);
        });
  });

  async function hasData(expr: string): Promise<boolean> {
    const query = expr.replaceAll("$__interval", "1m").replaceAll("$service", ".+").replaceAll("$tenant", "10001");
    const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(query)}`);
    const { data } = (await response.json()) as { data?: { result: { value: [number, string] }[] } };
    return data?.result.some(({ value }) => value[1] !== "NaN") ?? false;
  }
});
