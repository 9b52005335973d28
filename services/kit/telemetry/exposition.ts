import type { CollectedMetric, CollectedValue, Exemplar } from "./labelled-metric.ts";
import type { Metrics } from "./metrics.ts";

/** What a scraper gets. */
export interface Exposition {
  contentType: string;
  body: string;
}

const OPEN_METRICS = "application/openmetrics-text";
const CONTENT_TYPE = `${OPEN_METRICS}; version=1.0.0; charset=utf-8`;

/**
 * The metrics in OpenMetrics, with exemplars, if the scraper prefers it, and otherwise in
 * Prometheus' text format.
 *
 * @param accept the scraper's `Accept` header
 */
export async function exposeMetrics({ registry }: Metrics, accept: string | undefined): Promise<Exposition> {
  if (!prefersOpenMetrics(accept)) return { contentType: registry.contentType, body: await registry.metrics() };
  const metrics = (await registry.getMetricsAsJSON()) as unknown as CollectedMetric[];
  return { contentType: CONTENT_TYPE, body: `${metrics.map(formatFamily).join("")}# EOF\n` };
}

/** Source: RFC 9110, 12.5.1. Without a preference the plain format stays. */
function prefersOpenMetrics(accept = ""): boolean {
  let open = 0;
  let plain = 0;
  for (const range of accept.split(",", 50)) {
    const [type = "", ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
    const weight = Number(parameters.find((parameter) => parameter.startsWith("q="))?.slice(2) ?? 1);
    if (type === OPEN_METRICS) open = Math.max(open, weight);
    else if (type === "text/plain") plain = Math.max(plain, weight);
  }
  return open > 0 && open >= plain;
}

/** Source: OpenMetrics 1.0. */
function formatFamily({ name, help, type, values }: CollectedMetric): string {
  // A counter is named without the ending that its sample has.
  const isCounter = type === "counter" && name.endsWith("_total");
  const family = isCounter ? name.slice(0, -"_total".length) : name;
  const familyType = type === "counter" && !isCounter ? "unknown" : type;
  const unit = /_(seconds|bytes|cents)$/.exec(family)?.[1];
  const head = [
    `# TYPE ${family} ${familyType}\n`,
    ...(unit === undefined ? [] : [`# UNIT ${family} ${unit}\n`]),
    `# HELP ${family} ${escapeText(help)}\n`,
  ];
  return `${head.join("")}${values.map((value) => formatSample(value, name)).join("")}`;
}

function formatSample({ metricName, labels, value, exemplar }: CollectedValue, name: string): string {
  const pairs = Object.entries(labels).map(
    ([label, text]) => `${label}="${label === "le" ? formatBound(text) : escapeText(String(text))}"`,
  );
  return `${metricName ?? name}{${pairs.join(",")}} ${formatNumber(value)}${exemplar ? formatExemplar(exemplar) : ""}\n`;
}

function formatExemplar({ traceId, spanId, value, timeMs }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${formatNumber(value)} ${(timeMs / 1000).toFixed(3)}`;
}

/** A bound is a float: `1.0` rather than `1`. */
function formatBound(bound: string | number): string {
  return typeof bound === "number" && Number.isInteger(bound) ? `${bound}.0` : String(bound);
}

function formatNumber(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  return value === Number.NEGATIVE_INFINITY ? "-Inf" : String(value);
}

function escapeText(text: string): string {
  return text.replace(/\\/g, "\\\\").replace(/\n/g, "\\n").replace(/"/g, '\\"');
}
