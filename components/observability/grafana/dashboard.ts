import type { Dashboard, Variable } from "@plinth/local/page/model/dashboard.ts";
import { grafanaPanel } from "./panel.ts";
import { grafanaSdk } from "./sdk.ts";
import { PROMETHEUS } from "./sources.ts";

/** Matches every value, but no series without the label: Loki refuses a matcher that does. */
const EVERY_VALUE = ".+";
const COLUMNS = 24;

/**
 * A dashboard as Grafana's JSON. Its `uid` and bytes depend on the definition only, so that
 * applying it again changes nothing.
 */
export function grafanaDashboard({ id, title, description, variables, rows }: Dashboard): object {
  const dashboard = new grafanaSdk.dashboard.DashboardBuilder(title)
    .uid(`plinth-${id}`)
    .description(description)
    .tags(["plinth"])
    .timezone("browser")
    .refresh("30s")
    .time({ from: "now-1h", to: "now" })
    .readonly();
  for (const variable of variables) dashboard.withVariable(queryVariable(variable));
  let panelId = 0;
  for (const row of rows) {
    dashboard.withRow(new grafanaSdk.dashboard.RowBuilder(row.title).id(++panelId));
    let used = 0;
    for (const panel of row.panels) {
      const width = panel.width ?? COLUMNS / 2;
      // A panel that does not fit begins a line; the builder does not check.
      if (used + width > COLUMNS) used = 0;
      used += width;
      dashboard.withPanel(grafanaPanel(panel, width).id(++panelId));
    }
  }
  return JSON.parse(JSON.stringify(dashboard.build(), withoutForeignFields)) as object;
}

/** The builders' defaults include fields of interval variables, and of tables before Grafana 13. */
function withoutForeignFields(key: string, value: unknown): unknown {
  return ["auto", "auto_min", "auto_count", "footer"].includes(key) ? undefined : value;
}

function queryVariable({ name, label, metric, default: chosen }: Variable) {
  const variable = new grafanaSdk.dashboard.QueryVariableBuilder(name)
    .label(name)
    .datasource(PROMETHEUS)
    .query({ query: `label_values(${metric}, ${label})`, refId: name })
    .sort(1)
    .refresh(2);
  // A tenant's dashboard shows one tenant.
  if (name === "tenant") return variable;
  variable.multi(true).includeAll(true).allValue(EVERY_VALUE);
  return chosen === undefined
    ? variable.current({ selected: true, text: "All", value: "$__all" })
    : variable.current({ selected: true, text: chosen, value: chosen });
}
