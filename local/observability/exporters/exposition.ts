export type Labels = Record<string, string | number>;

/** A metric in Prometheus' text format. Source: Prometheus' documentation, "Exposition formats". */
export function metricText(
  name: string,
  type: "gauge" | "counter",
  help: string,
  samples: Iterable<readonly [Labels, number | bigint]>,
): string {
  const lines = [...samples].map(([labels, value]) => {
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeText(String(text))}"`);
    return `${name}${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${value}\n`;
  });
  return lines.length === 0 ? "" : `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function escapeText(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}
