import assert from "node:assert/strict";
import type { AlertRule } from "@plinth/local/page/model/alert.ts";
import { burnRateAlerts } from "../../../../../components/observability/alerts/burn-rate.ts";
import { prometheusRules } from "../../../../../components/observability/alerts/prometheus-rules.ts";
import type { ObservedService } from "../../../../../components/observability/observed-service.ts";
import { resolveSlo } from "../../../../../components/observability/slo.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";
import { type RuleTest, testRules } from "../../../../support/observability/promtool.ts";

/** Windows of Google's table, in minutes. */
const WINDOWS: Record<string, { long: number; short: number; factor: number }> = {
  "1h": { long: 60, short: 5, factor: 14.4 },
  "6h": { long: 360, short: 30, factor: 6 },
  "1d": { long: 1440, short: 120, factor: 3 },
  "3d": { long: 4320, short: 360, factor: 1 },
};
/** Steps in a long window; the short one is a twelfth of it. */
const STEPS = 60;
const REQUESTS_PER_STEP = 100_000;

describe("burn-rate alerts under Prometheus' own evaluator (OBS-6)", () => {
  for (const service of observedServices)
    for (const rule of burnRateAlerts([service]).flatMap((group) => group.rules)) {
      const { name, labels } = rule as AlertRule & { labels: { window: string } };
      it(`${name} of ${service.name} over ${labels.window} waits for both windows and ends with the short one`, () => {
        const { test, interval } = burnTest(service, rule, labels.window);
        assert.equal(testRules(prometheusRules([{ name: "slo", rules: [rule] }]), [test], interval), "");
      });
    }

  it("stay quiet without a request, and for faults of the client", () => {
    const rules = prometheusRules([
      { name: "slo", rules: burnRateAlerts(observedServices).flatMap((group) => group.rules) },
    ]);
    const quiet: RuleTest = {
      interval: "1m",
      input_series: [
        { series: 'http_requests_total{service="wallet",route="/bets",status="200"}', values: "0+100x10 1000x60" },
        { series: 'http_requests_total{service="wallet",route="/bets",status="404"}', values: "0+100x70" },
        { series: 'http_requests_total{service="wallet",route="/ready",status="503"}', values: "0+100x70" },
      ],
      alert_rule_test: ["9m", "30m", "70m"].map((eval_time) => ({
        eval_time,
        alertname: "AvailabilityBudget",
        exp_alerts: [],
      })),
    };
    assert.equal(testRules(rules, [quiet], "1m"), "");
  });

  for (const le of ["1", "1.0"])
    it(`find the bucket of a whole second as ${le}, which is how one of the two stores keeps it`, () => {
      const slow = { ...observedServices[1]!, slo: { latency: { ms: 1000 } } } as ObservedService;
      const rule = burnRateAlerts([slow])
        .flatMap((group) => group.rules)
        .find(({ name }) => name === "LatencyBudget")!;
      const { test, interval } = burnTest(slow, rule, "1h");
      const input_series = test.input_series.map(({ series, values }) => ({
        series: series.replace('le="1"', `le="${le}"`),
        values,
      }));
      const rules = prometheusRules([{ name: "slo", rules: [rule] }]);
      assert.equal(testRules(rules, [{ ...test, input_series }], interval), "");
    });

  it("count gRPC calls of a service without HTTP", () => {
    const wallet = observedServices.filter(({ name }) => name === "wallet");
    const [rule] = burnRateAlerts(wallet)[0]!.rules;
    const calls = (code: string, values: string) => ({
      series: `grpc_server_handled_total{service="wallet",grpc_method="Place",grpc_code="${code}"}`,
      values,
    });
    const { severity, labels, summary, action, runbook } = rule as AlertRule;
    const test: RuleTest = {
      interval: "1m",
      input_series: [calls("OK", "0+90x70"), calls("NotFound", "0+90x70"), calls("Internal", "0+9x70")],
      alert_rule_test: [
        {
          eval_time: "65m",
          alertname: "AvailabilityBudget",
          exp_alerts: [{ exp_labels: { severity, ...labels }, exp_annotations: { summary, action, runbook } }],
        },
      ],
    };
    assert.equal(testRules(prometheusRules([{ name: "slo", rules: [rule as AlertRule] }]), [test], "1m"), "");
  });
});

/** No failure for a long window, then failures above the threshold for another, then none. */
function burnTest(service: ObservedService, rule: AlertRule, window: string) {
  const { long, short, factor } = WINDOWS[window]!;
  const { availability, latency } = resolveSlo(service.slo);
  const isLatency = rule.name === "LatencyBudget";
  const threshold = factor * (isLatency ? 1 - latency.ratio : 1 - availability / 100);
  const share = Math.min(1.5 * threshold, (1 + threshold) / 2);
  const bad = Math.round(REQUESTS_PER_STEP * share);
  const prefix = service.metricsPrefix ?? "";
  const labels = `service="${service.name}",route="/x"`;
  const phases = (before: number, during: number) =>
    `0+${before}x${STEPS} ${before * STEPS + during}+${during}x${STEPS - 1} ` +
    `${(before + during) * STEPS + before}+${before}x${STEPS}`;
  const all = { series: `${prefix}http_request_duration_seconds_count{${labels}}`, values: phases(100_000, 100_000) };
  const within = `${prefix}http_request_duration_seconds_bucket{${labels},le="${latency.ms / 1000}"}`;
  const input = isLatency
    ? [all, { series: within, values: phases(REQUESTS_PER_STEP, REQUESTS_PER_STEP - bad) }]
    : [
        {
          series: `${prefix}http_requests_total{${labels},status="200"}`,
          values: phases(REQUESTS_PER_STEP, REQUESTS_PER_STEP - bad),
        },
        { series: `${prefix}http_requests_total{${labels},status="500"}`, values: phases(0, bad) },
      ];
  const { severity, summary, action, runbook } = rule;
  const at = (minutes: number, exp: object[]) => ({
    eval_time: `${minutes}m`,
    alertname: rule.name,
    exp_alerts: exp as NonNullable<RuleTest["alert_rule_test"]>[number]["exp_alerts"],
  });
  const firing = [{ exp_labels: { severity, ...rule.labels }, exp_annotations: { summary, action, runbook } }];
  const test: RuleTest = {
    interval: `${long / STEPS}m`,
    input_series: input,
    alert_rule_test: [
      at(long, []),
      // The short window burns, the long one does not yet.
      at(long * 1.5, []),
      at(long * 2, firing),
      // The long window still burns, the short one no longer.
      at(long * 2 + short + long / STEPS, []),
    ],
  };
  return { test, interval: `${long / STEPS}m` };
}
