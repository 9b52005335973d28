import assert from "node:assert/strict";
import type { AlertRule } from "@plinth/local/page/model/alert.ts";
import { createAlertGroups } from "../../../../../components/observability/alerts/alerts.ts";
import { prometheusRules } from "../../../../../components/observability/alerts/prometheus-rules.ts";
import { clusterTiming, localTiming } from "../../../../../components/observability/alerts/timing.ts";
import { observedServices } from "../../../../support/observability/observed-services.ts";
import { checkRules, type RuleTest, testRules } from "../../../../support/observability/promtool.ts";
import { type AlertCase, alertCases } from "./alert-cases.ts";

const groups = createAlertGroups(observedServices, localTiming);
const rules = groups.flatMap((group) => group.rules);
const objectives = groups.filter(({ name }) => name.startsWith("slo-")).flatMap((group) => group.rules);

describe("alerts under Prometheus' own evaluator", () => {
  for (const timing of [clusterTiming, localTiming])
    it(`parse, and none is there twice, within ${timing.maxForSeconds} seconds (OBS-1)`, () =>
      assert.equal(checkRules(prometheusRules(createAlertGroups(observedServices, timing))), ""));

  it("are refused when an expression does not parse, so that the check can fail", () => {
    const broken = groups.map((group) => ({ ...group, rules: group.rules.map((rule) => ({ ...rule, expr: "sum(" })) }));
    assert.match(checkRules(prometheusRules(broken)), /could not parse expression/);
  });

  for (const one of alertCases)
    it(`fire and resolve: ${one.alert} of ${Object.keys(one.series)[0]} (OBS-1)`, () =>
      assert.equal(testRules(prometheusRules(groups), [ruleTest(one)]), ""));

  it("each have a case", () => {
    const covered = new Set(alertCases.map(({ alert }) => alert));
    const missing = rules.filter((rule) => !objectives.includes(rule) && !covered.has(rule.name));
    assert.deepEqual(
      missing.map(({ name }) => name),
      [],
    );
  });
});

function ruleTest({ alert, series, firesAt, labels, summary, endsAt }: AlertCase): RuleTest {
  const { action, runbook } = rules.find(({ name }) => name === alert) as AlertRule;
  // `absent` of the services and servers that a case is not about fires as well.
  const quiet = { 'up{service="wallet"}': "1x60", 'up{service="orders"}': "1x60" };
  return {
    interval: "5s",
    input_series: Object.entries({ ...quiet, ...series }).map(([name, values]) => ({ series: name, values })),
    alert_rule_test: [
      {
        eval_time: firesAt,
        alertname: alert,
        exp_alerts: [{ exp_labels: labels, exp_annotations: { summary, action, runbook } }],
      },
      { eval_time: endsAt, alertname: alert, exp_alerts: [] },
    ],
  };
}
