const TIMEOUT_MS = 3000;

/** One sample of a service's `/metrics`. */
export interface MetricSample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The present samples of a service; undefined when it serves no `/metrics`. */
export async function readMetrics(base: string): Promise<MetricSample[] | undefined> {
  const response = await fetch(`${base.replace(/\/$/, "")}/metrics`, { signal: AbortSignal.timeout(TIMEOUT_MS) }).catch(
    () => undefined,
  );
  if (!response?.ok) {
    await response?.body?.cancel();
    return undefined;
  }
  return (await response.text()).split("\n").flatMap((line) => {
    const [, name, labels = "", value] = /^(\w+)(?:\{(.*)\})? (\S+)$/.exec(line) ?? [];
    if (name === undefined) return [];
    return [
      {
        name,
        labels: Object.fromEntries(
          [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key!, text!]),
        ),
        value: Number(value),
      },
    ];
  });
}

/** The sum over all samples of `name` with these labels; undefined when there are none. */
export function sumSamples(
  samples: readonly MetricSample[],
  name: string,
  labels: Record<string, string> = {},
): number | undefined {
  const found = samples.filter(
    (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
