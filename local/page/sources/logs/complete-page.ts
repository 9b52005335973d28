/**
 * The part of a store's answer that a page shows. A store does not order items of one time, so a
 * page ends between two times, and the next one begins with those of `next`.
 *
 * @param found newest first
 * @param limit what the store was asked for; with fewer items the end is reached
 * @returns undefined if all items are of one time, and more may be
 */
export function completePage<T, Time>(
  found: readonly T[],
  limit: number,
  timeOf: (item: T) => Time,
): { items: readonly T[]; next?: Time } | undefined {
  if (found.length < limit) return { items: found };
  const next = timeOf(found.at(-1)!);
  const items = found.filter((item) => timeOf(item) > next);
  return items.length === 0 ? undefined : { items, next };
}
