/** How a panel shows the numbers of its queries. */
export type PanelKind = "timeseries" | "stat" | "bars" | "table";

/** Unit of a panel's numbers. `ratio` is from 0 to 1. */
export type Unit =
  | "none"
  | "ratio"
  | "seconds"
  | "milliseconds"
  | "bytes"
  | "bytes/s"
  | "requests/s"
  | "events/s"
  | "lines/s"
  | "cents";

/**
 * One PromQL expression of a panel. `$service` and `$tenant` are replaced by a regular expression
 * of the chosen values, `.+` when none is chosen; `$__interval` by a duration of at least four
 * scrapes, and at least as long as the step.
 */
export interface PanelQuery {
  expr: string;
  /** Names a series by its labels, such as `{{service}} p99`. */
  legend: string;
  /** Whether exemplars of this query lead to traces. @default false */
  exemplars?: boolean;
}

/** A panel of log lines instead of numbers, chosen by labels and fields of the log contract. */
export interface LogSelection {
  /** Values by label: `service`, `env` or `version`. `$service` is the chosen one. */
  labels: Record<string, string>;
  /** Least level. @default every line */
  level?: "warn" | "error";
  /** Text that a line contains. */
  text?: string;
  /** Only lines of the chosen tenant. @default false */
  ofTenant?: boolean;
}

/** A panel of traces instead of numbers. Every condition holds. */
export interface TraceSelection {
  /** `$service` is the chosen one. */
  service?: string;
  status?: "error";
  minDurationMs?: number;
  /** Only traces of the chosen tenant. @default false */
  ofTenant?: boolean;
}

/** What not every stack has: a panel that needs it may be empty elsewhere, and says so. */
export type Requirement = "Citus" | "a gateway" | "a gRPC service";

export interface Panel {
  title: string;
  /** One sentence: what it shows, and what to do when it is high. */
  description: string;
  kind: PanelKind | "logs" | "traces";
  unit: Unit;
  /** PromQL of a panel of numbers; empty for `logs` and `traces`. */
  queries: readonly PanelQuery[];
  logs?: LogSelection;
  traces?: TraceSelection;
  /** @default nothing: every stack has data for it */
  requires?: Requirement;
  /** Draws a line at this value, such as an objective. */
  threshold?: number;
  /** Which side of the threshold is bad. @default "above" */
  bad?: "above" | "below";
  /** Columns out of 24. @default 12 */
  width?: number;
}

export interface DashboardRow {
  title: string;
  panels: readonly Panel[];
}

/**
 * A choice above a dashboard. Its values are those of `label` in the series of `metric`, a name or
 * a selector.
 */
export interface Variable {
  name: "service" | "tenant";
  label: string;
  metric: string;
  /** Chosen at first. @default every value */
  default?: string;
}

/** A dashboard as the page, Grafana and the tests read it. Plain data. */
export interface Dashboard {
  /** Part of its address, such as `microservices-overview`. */
  id: string;
  title: string;
  description: string;
  variables: readonly Variable[];
  rows: readonly DashboardRow[];
}
