/** A metric as `/metrics` prints it. */
export interface PrintedMetric {
  type: string;
  samples: { name: string; labels: Record<string, string> }[];
}

/** Metrics of Prometheus' text format by name. */
export function parseExposition(text: string): Map<string, PrintedMetric> {
  const metrics = new Map<string, PrintedMetric>();
  let current: PrintedMetric | undefined;
  for (const line of text.split("\n").filter(Boolean)) {
    const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line) ?? [];
    if (name !== undefined && type !== undefined) {
      current = { type, samples: [] };
      metrics.set(name, current);
    }
    const [, sample, labels = ""] = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$/.exec(line) ?? [];
    if (sample === undefined || current === undefined) continue;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, value]) => [key!, value!] as const);
    current.samples.push({ name: sample, labels: Object.fromEntries(pairs) });
  }
  return metrics;
}
