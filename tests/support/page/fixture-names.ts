/** Would run a script or load a picture if anything of the page took text for markup. */
export const HOSTILE = `<img src=x onerror="window.hacked=1">`;

const NAMES = ["wallet", "highload", "orders", "catalog", "payments", "gateway", "users", "search", "mail", "ledger"];

/** Names of services: the well-known ones, then one that is hostile, and numbered ones. */
export function serviceNames(count: number): string[] {
  const numbered = Array.from({ length: Math.max(0, count - NAMES.length - 1) }, (_, index) => `service-${index + 1}`);
  return [...NAMES, HOSTILE, ...numbered].slice(0, count);
}

/** The same numbers in every run. */
export function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
