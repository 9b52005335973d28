import type { AlertGroup } from "@plinth/local/page/model/alert.ts";

/** Rules as Prometheus, vmalert and the `spec` of a PrometheusRule read them. */
export interface PrometheusRules {
  groups: {
    name: string;
    interval?: string;
    rules: {
      alert: string;
      expr: string;
      for: string;
      labels: Record<string, string>;
      /** `summary`, `action` and `runbook`, as in an alert of the page. */
      annotations: Record<string, string>;
    }[];
  }[];
}

/** YAML contains JSON: `JSON.stringify` of it is a rules file. */
export function prometheusRules(groups: readonly AlertGroup[]): PrometheusRules {
  return {
    groups: groups.map(({ name, interval, rules }) => ({
      name,
      ...(interval !== undefined && { interval }),
      rules: rules.map(({ name: alert, expr, for: duration, severity, labels, summary, action, runbook }) => ({
        alert,
        expr,
        for: duration,
        labels: { severity, ...labels },
        annotations: { summary, action, runbook },
      })),
    })),
  };
}
