import type { Panel, Unit } from "@plinth/local/page/model/dashboard.ts";
import { logQl, traceQl } from "./queries.ts";
import { grafanaSdk } from "./sdk.ts";
import { LOKI, PROMETHEUS, TEMPO } from "./sources.ts";

/** Grafana's names of units. */
const UNITS: Record<Unit, string> = {
  none: "short",
  ratio: "percentunit",
  seconds: "s",
  milliseconds: "ms",
  bytes: "bytes",
  "bytes/s": "Bps",
  "requests/s": "reqps",
  "events/s": "eps",
  "lines/s": "suffix: lines/s",
  cents: "suffix: ct",
};

const HEIGHT = { stat: 4, timeseries: 8, bars: 8, table: 9, logs: 9, traces: 9 };

/** @param width columns out of 24 */
export function grafanaPanel(panel: Panel, width: number) {
  const needs = panel.requires === undefined ? "" : ` Has data in a stack with ${panel.requires}.`;
  return createPanel(panel)
    .title(panel.title)
    .description(panel.description + needs)
    .height(HEIGHT[panel.kind])
    .span(width);
}

function createPanel(panel: Panel) {
  if (panel.kind === "logs")
    return new grafanaSdk.logs.PanelBuilder()
      .datasource(LOKI)
      .showTime(true)
      .wrapLogMessage(true)
      .withTarget(
        new grafanaSdk.loki.DataqueryBuilder()
          .refId("A")
          .datasource(LOKI)
          .expr(logQl(panel.logs ?? { labels: {} })),
      );
  if (panel.kind === "traces")
    return new grafanaSdk.table.PanelBuilder().datasource(TEMPO).withTarget(
      new grafanaSdk.tempo.DataqueryBuilder()
        .refId("A")
        .datasource(TEMPO)
        .queryType("traceql")
        .limit(50)
        .query(traceQl(panel.traces ?? {})),
    );
  return numberPanel(panel);
}

function createNumberPanel(kind: Panel["kind"]) {
  const last = new grafanaSdk.common.ReduceDataOptionsBuilder().calcs(["lastNotNull"]);
  if (kind === "stat") return new grafanaSdk.stat.PanelBuilder().reduceOptions(last);
  if (kind === "bars")
    return new grafanaSdk.bars.PanelBuilder()
      .reduceOptions(last)
      .orientation(grafanaSdk.common.VizOrientation.Horizontal);
  return kind === "table" ? new grafanaSdk.table.PanelBuilder() : new grafanaSdk.timeseries.PanelBuilder();
}

function numberPanel(panel: Panel) {
  const result = createNumberPanel(panel.kind).datasource(PROMETHEUS).unit(UNITS[panel.unit]);
  const instant = panel.kind === "bars" || panel.kind === "table";
  for (const [index, { expr, legend, exemplars = false }] of panel.queries.entries()) {
    const query = new grafanaSdk.prometheus.DataqueryBuilder()
      .refId(String.fromCharCode("A".charCodeAt(0) + index))
      .datasource(PROMETHEUS)
      // Grafana's `$__interval` may be shorter than four scrapes.
      .expr(expr.replaceAll("$__interval", "$__rate_interval"))
      .legendFormat(legend)
      .exemplar(exemplars);
    result.withTarget(
      instant
        ? query
            .instant()
            .format(
              panel.kind === "table"
                ? grafanaSdk.prometheus.PromQueryFormat.Table
                : grafanaSdk.prometheus.PromQueryFormat.TimeSeries,
            )
        : query.range(),
    );
  }
  if (panel.threshold !== undefined)
    result.thresholds(
      new grafanaSdk.dashboard.ThresholdsConfigBuilder().mode(grafanaSdk.dashboard.ThresholdsMode.Absolute).steps([
        { value: null, color: panel.bad === "below" ? "red" : "green" },
        { value: panel.threshold, color: panel.bad === "below" ? "green" : "red" },
      ]),
    );
  return result;
}
