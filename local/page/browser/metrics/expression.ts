import type { Variable } from "../../model/dashboard.ts";

/** Rates need two scrapes, and one may be late: four scrapes of 5 s. */
const MIN_INTERVAL_S = 20;

export type Chosen = Partial<Record<Variable["name"], string>>;

/** Replaces `$service`, `$tenant` and `$__interval`. A variable that is not chosen matches all. */
export function fillExpression(expr: string, chosen: Chosen, step: number): string {
  return expr.replace(/\$(service|tenant|__interval)\b/g, (_, name: string) =>
    name === "__interval" ? `${Math.max(MIN_INTERVAL_S, step)}s` : matchOf(chosen[name as Variable["name"]]),
  );
}

/** Inside a PromQL string: a value is taken by its letters, not as a regular expression. */
function matchOf(value: string | undefined): string {
  if (value === undefined || value === "") return ".*";
  return value
    .replace(/[.*+?^${}()|[\]\\]/g, "\\$&")
    .replace(/["\\]/g, "\\$&")
    .replaceAll("\n", "\\n");
}

/** A series' name from a legend such as `{{service}} p99`. */
export function nameOf(legend: string, labels: Record<string, string>): string {
  const name = legend.replace(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? "");
  if (name.trim() !== "") return name.trim();
  const rest = Object.entries(labels).filter(([label]) => label !== "__name__");
  return rest.map(([label, value]) => `${label}=${value}`).join(" ") || "value";
}
