const NAME = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const LABELS = String.raw`\{(?:\s*[a-zA-Z_][a-zA-Z0-9_]*\s*=\s*"(?:[^"\\]|\\.)*"\s*,?)*\}`;
const SAMPLE = new RegExp(
  String.raw`^${NAME}(?:${LABELS})?\s+(?:[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?|[+-]?Inf|NaN)(?:\s+-?\d+)?(?:\s+#.*)?$`,
);
const COMMENT = new RegExp(String.raw`^#(?:\s+(?:HELP|TYPE|UNIT)\s+${NAME}(?:\s.*)?|\s+EOF|(?!\s+(?:HELP|TYPE)\b).*)$`);

/**
 * The first lines that violate Prometheus's exposition format
 * (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format). A text without
 * samples is an error too.
 */
export function metricsErrors(text: string): string[] {
  const lines = text.split("\n");
  const wrong = lines.flatMap((line, index) =>
    line.trim() === "" || SAMPLE.test(line) || COMMENT.test(line)
      ? []
      : [`line ${index + 1} is not a sample: ${line.slice(0, 80)}`],
  );
  if (wrong.length > 0) return wrong.slice(0, 3);
  return lines.some((line) => SAMPLE.test(line)) ? [] : ["it has no sample"];
}

/** What the dashboards and alerts read of every service; METRICS_PREFIX may precede the names. */
const REQUEST_METRICS = [
  { sample: "http_requests_total", labels: ["method", "route", "status"] },
  { sample: "http_request_duration_seconds_bucket", labels: ["method", "route", "status", "le"] },
];

/** The metrics of requests that a text in Prometheus' format lacks, or whose labels are others. */
export function missingMetrics(text: string): string[] {
  return REQUEST_METRICS.flatMap(({ sample, labels }) => {
    const found = new RegExp(String.raw`^(?:\w+_)?${sample}\{(.*)\}`, "m").exec(text)?.[1];
    if (found === undefined) return [`it has no ${sample}, which dashboards and alerts read`];
    const missing = labels.filter((label) => !new RegExp(String.raw`(?:^|[,\s])${label}=`).test(found));
    return missing.map((label) => `${sample} has no label '${label}'`);
  });
}
