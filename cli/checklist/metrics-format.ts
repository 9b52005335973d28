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
