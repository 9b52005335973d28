/** Runs what it is given, at most `size` at a time; the rest waits in line. */
export function createConcurrencyLimit(size: number): <T>(work: () => Promise<T>) => Promise<T> {
  let busy = 0;
  const line: (() => void)[] = [];
  return async (work) => {
    if (busy === size) await new Promise<void>((resolve) => line.push(resolve));
    else busy++;
    try {
      return await work();
    } finally {
      // Whoever is next takes this slot over.
      const next = line.shift();
      if (next) next();
      else busy--;
    }
  };
}
