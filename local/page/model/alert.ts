export type Severity = "critical" | "warning";

/** An alert rule: plain data from which vmalert's file and the PrometheusRule are written. */
export interface AlertRule {
  /** Such as `ServiceDown`. */
  name: string;
  /** PromQL; a series in the answer is one alert. */
  expr: string;
  /** How long it must hold, as in `1m`. */
  for: string;
  severity: Severity;
  /** Labels of its alerts besides those of the series. @default none */
  labels?: Record<string, string>;
  /** One sentence with the alert's labels, as in `{{ $labels.service }} is down`. */
  summary: string;
  /** One sentence: what to do first. */
  action: string;
  /** Page below docs/runbooks, without `.md`. */
  runbook: string;
}

export interface AlertGroup {
  name: string;
  /** How often its rules are evaluated, as in `1m`. @default as the evaluator is set */
  interval?: string;
  rules: readonly AlertRule[];
}

/** An alert that is pending, fires, or has been resolved. */
export interface Alert {
  name: string;
  state: "pending" | "firing" | "resolved";
  severity: Severity;
  labels: Record<string, string>;
  summary: string;
  action: string;
  runbook: string;
  /** ISO 8601. */
  since: string;
  resolvedAt?: string;
}
