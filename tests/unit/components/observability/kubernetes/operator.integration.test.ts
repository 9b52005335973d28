import assert from "node:assert/strict";
import { prometheusRules } from "../../../../../components/observability/alerts/prometheus-rules.ts";
import { serviceAlerts } from "../../../../../components/observability/alerts/services.ts";
import { clusterTiming } from "../../../../../components/observability/alerts/timing.ts";
import { prometheusRule } from "../../../../../components/observability/kubernetes/operator.ts";
import { checkRules, testRules } from "../../../../support/observability/promtool.ts";

describe("a PrometheusRule", () => {
  const rules = prometheusRules([serviceAlerts([], clusterTiming)]);
  const { spec } = prometheusRule(rules, ["shop", "shop-nodes"]);

  it("labels alerts with the namespace, without which the operator gives them to no receiver (OBS-7)", () => {
    assert.equal(checkRules(spec), "");
    for (const { labels } of (spec as unknown as typeof rules).groups.flatMap((group) => group.rules))
      assert.equal(labels.namespace, "shop");
  });

  it("tells of the stack's own pods alone, though the cluster's Prometheus knows all (OBS-7)", () => {
    const metric = "kube_pod_container_status_waiting_reason";
    const pod = (namespace: string) =>
      `${metric}{namespace="${namespace}",pod="a",container="a",reason="ImagePullBackOff"}`;
    const fired = testRules(spec, [
      {
        interval: "15s",
        input_series: ["shop", "other"].map((namespace) => ({ series: pod(namespace), values: "1x40" })),
        alert_rule_test: [{ eval_time: "5m", alertname: "ServiceNotReady", exp_alerts: [] }],
      },
    ]);
    assert.equal(fired.match(/namespace="shop"/g)?.length, 1, fired);
    assert.doesNotMatch(fired, /same labelset|namespace="other"/);
  });
});
