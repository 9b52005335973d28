/** Runs `work` and returns the milliseconds that it took with its result. */
export async function measureTime<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const start = performance.now();
  const value = await work();
  return { ms: performance.now() - start, value };
}

export function formatSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** The median, followed by the range in brackets. */
export function medianAndRange(values: readonly number[], format: (value: number) => string): string {
  const middle = format(median(values));
  return values.length === 1 ? middle : `${middle} (${format(Math.min(...values))}–${format(Math.max(...values))})`;
}

/** For an even number of values the upper one of the middle two: a value that was measured. */
export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
