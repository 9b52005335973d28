import assert from "node:assert/strict";
import { prometheusRule } from "../../../../../components/observability/kubernetes/operator.ts";

describe("a PrometheusRule", () => {
  it("labels alerts with the namespace, without which the operator gives them to no receiver (OBS-7)", () => {
    const rule = { alert: "Down", expr: "up == 0", for: "1m", labels: { severity: "critical" }, annotations: {} };
    const groups = [{ name: "services", interval: "15s", rules: [rule] }];
    assert.deepEqual(prometheusRule({ groups }, "shop").spec, {
      groups: [{ ...groups[0], rules: [{ ...rule, labels: { severity: "critical", namespace: "shop" } }] }],
    });
  });
});
