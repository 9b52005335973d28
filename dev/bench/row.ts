/** One line of the table that `make bench` prints. */
export interface BenchmarkRow {
  what: string;
  goal: string;
  measured: string;
  /** What it is compared with, measured in the same run. */
  baseline?: string;
}

/** Milliseconds that `work` took, and what it gave. */
export async function measureTime<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
}

export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** Median with the range in brackets. */
export function medianAndRange(values: number[], format: (value: number) => string): string {
  const sorted = [...values].sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)]!;
  return sorted.length === 1 ? format(median) : `${format(median)} (${format(sorted[0]!)}–${format(sorted.at(-1)!)})`;
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
