import { PanelBuilder as BarsBuilder } from "@grafana/grafana-foundation-sdk/bargauge";
import { ReduceDataOptionsBuilder, VizOrientation } from "@grafana/grafana-foundation-sdk/common";
import { ThresholdsConfigBuilder, ThresholdsMode } from "@grafana/grafana-foundation-sdk/dashboard";
import { PanelBuilder as LogsBuilder } from "@grafana/grafana-foundation-sdk/logs";
import { DataqueryBuilder as LokiQuery } from "@grafana/grafana-foundation-sdk/loki";
import { DataqueryBuilder as PrometheusQuery, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TableBuilder } from "@grafana/grafana-foundation-sdk/table";
import { DataqueryBuilder as TempoQuery } from "@grafana/grafana-foundation-sdk/tempo";
import { PanelBuilder as SeriesBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import type { Panel, Unit } from "@plinth/local/page/model/dashboard.ts";
import { logQl, traceQl } from "./queries.ts";
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
    return new LogsBuilder()
      .datasource(LOKI)
      .showTime(true)
      .wrapLogMessage(true)
      .withTarget(
        new LokiQuery()
          .refId("A")
          .datasource(LOKI)
          .expr(logQl(panel.logs ?? { labels: {} })),
      );
  if (panel.kind === "traces")
    return new TableBuilder().datasource(TEMPO).withTarget(
      new TempoQuery()
        .refId("A")
        .datasource(TEMPO)
        .queryType("traceql")
        .limit(50)
        .query(traceQl(panel.traces ?? {})),
    );
  return numberPanel(panel);
}

function createNumberPanel(kind: Panel["kind"]) {
  const last = new ReduceDataOptionsBuilder().calcs(["lastNotNull"]);
  if (kind === "stat") return new StatBuilder().reduceOptions(last);
  if (kind === "bars") return new BarsBuilder().reduceOptions(last).orientation(VizOrientation.Horizontal);
  return kind === "table" ? new TableBuilder() : new SeriesBuilder();
}

function numberPanel(panel: Panel) {
  const result = createNumberPanel(panel.kind).datasource(PROMETHEUS).unit(UNITS[panel.unit]);
  const instant = panel.kind === "bars" || panel.kind === "table";
  for (const [index, { expr, legend, exemplars = false }] of panel.queries.entries()) {
    const query = new PrometheusQuery()
      .refId(String.fromCharCode("A".charCodeAt(0) + index))
      .datasource(PROMETHEUS)
      // Grafana's `$__interval` may be shorter than four scrapes.
      .expr(expr.replaceAll("$__interval", "$__rate_interval"))
      .legendFormat(legend)
      .exemplar(exemplars);
    result.withTarget(
      instant
        ? query.instant().format(panel.kind === "table" ? PromQueryFormat.Table : PromQueryFormat.TimeSeries)
        : query.range(),
    );
  }
  if (panel.threshold !== undefined)
    result.thresholds(
      new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
        { value: null, color: panel.bad === "below" ? "red" : "green" },
        { value: panel.threshold, color: panel.bad === "below" ? "green" : "red" },
      ]),
    );
  return result;
}
