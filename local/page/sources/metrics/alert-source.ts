import type { Alert, Severity } from "../../model/alert.ts";
import type { AlertSource } from "../../model/sources.ts";
import type { PrometheusSource } from "./prometheus-source.ts";

interface ListedAlert {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  state: "pending" | "firing";
  activeAt: string;
}

interface RuleGroups {
  groups: { rules: { name: string; labels?: Record<string, string>; annotations?: Record<string, string> }[] }[];
}

const DAY_SECONDS = 86_400;
const STEP_SECONDS = 60;

/** Alerts of a server with Prometheus' API, which keeps the series `ALERTS`. */
export class PrometheusAlerts implements AlertSource {
  private readonly server: PrometheusSource;

  constructor(server: PrometheusSource) {
    this.server = server;
  }

  async list(): Promise<Alert[]> {
    const [{ alerts }, resolved] = await Promise.all([
      this.server.get<{ alerts: ListedAlert[] }>("alerts", {}),
      this.listResolved(),
    ]);
    const active = alerts.map(({ labels, annotations, state, activeAt }) =>
      toAlert(labels, annotations, { state, since: new Date(activeAt).toISOString() }),
    );
    const isActive = new Set(active.map(keyOf));
    return [...active, ...resolved.filter((alert) => !isActive.has(keyOf(alert)))].sort((a, b) =>
      a.since < b.since ? 1 : -1,
    );
  }

  /** Those of the last day that no longer fire; a minute is the exactness of their times. */
  private async listResolved(): Promise<Alert[]> {
    const now = Date.now() / 1000;
    // VictoriaMetrics evaluates at whole minutes: the last one must not lie before now.
    const to = Math.ceil(now / STEP_SECONDS) * STEP_SECONDS;
    const fired = `max_over_time(ALERTS{alertstate="firing"}[${STEP_SECONDS}s])`;
    const [series, { groups }] = await Promise.all([
      this.server.range(fired, to - DAY_SECONDS, to, STEP_SECONDS),
      this.server.get<RuleGroups>("rules", { type: "alert" }),
    ]);
    const rules = new Map(groups.flatMap(({ rules: all }) => all.map((rule) => [rule.name, rule])));
    return series.flatMap(({ labels: { alertstate: _, ...labels }, times }) => {
      const [since, resolvedAt] = [startOfLastRun(times), times.at(-1)];
      if (since === undefined || resolvedAt === undefined) return [];
      const annotations = rules.get(labels.alertname ?? "")?.annotations ?? {};
      const filled = Object.entries(annotations).map(([name, text]) => [name, fillTemplate(text, labels)]);
      const range = { since: toIso(Math.min(since, now)), resolvedAt: toIso(Math.min(resolvedAt, now)) };
      return [toAlert(labels, Object.fromEntries(filled), { state: "resolved", ...range })];
    });
  }
}

function toAlert(
  { alertname: name = "", alertgroup: _, severity, ...labels }: Record<string, string>,
  { summary = "", action = "", runbook = "" }: Record<string, string>,
  facts: Pick<Alert, "state" | "since" | "resolvedAt">,
): Alert {
  return {
    name,
    severity: severity === "critical" ? "critical" : ("warning" satisfies Severity),
    labels,
    summary,
    action,
    runbook,
    ...facts,
  };
}

function keyOf({ name, labels }: Alert): string {
  return JSON.stringify([name, Object.entries(labels).sort()]);
}

/** The first of the last times that follow one another. */
function startOfLastRun(times: readonly number[]): number | undefined {
  let start = times.at(-1);
  for (const time of [...times].reverse()) {
    if (start !== undefined && start - time > STEP_SECONDS) break;
    start = time;
  }
  return start;
}

/** What a rule's template says of labels. A value is not known any more. */
function fillTemplate(text: string, labels: Record<string, string>): string {
  return text
    .replace(/\{\{\s*\$labels\.(\w+)\s*\}\}/g, (_, name: string) => labels[name] ?? "")
    .replace(/\{\{[^}]*\}\}/g, "…");
}

function toIso(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
