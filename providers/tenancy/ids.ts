import { UserError } from "@plinth/local/user-error.ts";

/** Inclusive range of tenant ids. */
export type IdRange = readonly [first: number, last: number];

/** More is a typing mistake: one cluster of this shape is built for a thousandth of it. */
const MAX_TENANTS = 10_000_000;
const BATCH_COUNT = 8;
/** Neighbouring ids share a block, so a split range is still a few ranges. */
const BLOCK_SIZE = 4096;

/**
 * Reads ids from configuration: numbers and "first-last" ranges, as in `[10001, "20000-29999"]` or
 * "10001,20000-29999". Returns ascending ranges that neither overlap nor touch. Throws a
 * {@link UserError} that names the wrong entry.
 */
export function parseTenantIds(configured: readonly (number | string)[] | string): IdRange[] {
  const entries = typeof configured === "string" ? configured.split(",") : configured;
  const ranges = entries.map(parseEntry).sort(([a], [b]) => a - b);
  const merged: [number, number][] = [];
  for (const [first, last] of ranges) {
    const previous = merged.at(-1);
    if (previous && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  const count = countIds(merged);
  if (count > MAX_TENANTS)
    throw new UserError(
      `tenants: ${count} ids are named, but at most ${MAX_TENANTS} can be seeded; look for a typing mistake in a range`,
    );
  return merged;
}

/** Formats ranges as their canonical text: "10001,20000-29999". */
export function formatTenantIds(ranges: readonly IdRange[]): string {
  return ranges.map(([first, last]) => (first === last ? `${first}` : `${first}-${last}`)).join(",");
}

/** Lists every id of ascending ranges. */
export function expandIds(ranges: readonly IdRange[]): number[] {
  return ranges.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, index) => first + index));
}

/** The inverse of {@link expandIds}: joins ascending ids to ranges. */
export function toRanges(ids: readonly number[]): IdRange[] {
  return mergeAdjacent(ids.map((id) => [id, id]));
}

/** The ids of `ranges` that are not in `others`. Both are ascending. */
export function subtractRanges(ranges: readonly IdRange[], others: readonly IdRange[]): IdRange[] {
  const left: IdRange[] = [];
  let at = 0;
  for (const [first, last] of ranges) {
    let from = first;
    while (at < others.length && others[at]![1] < first) at++;
    for (let index = at; from <= last && index < others.length && others[index]![0] <= last; index++) {
      const [taken, end] = others[index]!;
      if (taken > from) left.push([from, taken - 1]);
      from = Math.max(from, end + 1);
    }
    if (from <= last) left.push([from, last]);
  }
  return left;
}

export function countIds(ranges: readonly IdRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}

/**
 * Splits ids into at most eight batches, each its own resource. Returns canonical ids by name of
 * the batch, without empty batches. An id's batch depends on the id alone, so adding one tenant
 * changes one batch.
 */
export function splitIntoBatches(ranges: readonly IdRange[]): Record<string, string> {
  const batches = new Map<number, IdRange[]>();
  for (const [first, last] of ranges) {
    for (let start = first; start <= last; ) {
      const block = Math.floor(start / BLOCK_SIZE);
      const end = Math.min(last, (block + 1) * BLOCK_SIZE - 1);
      const batch = batchOfBlock(block);
      batches.set(batch, [...(batches.get(batch) ?? []), [start, end]]);
      start = end + 1;
    }
  }
  const named = [...batches]
    .sort(([a], [b]) => a - b)
    .map(([batch, parts]) => [`${batch}`, formatTenantIds(mergeAdjacent(parts))]);
  return Object.fromEntries(named);
}

/** Fibonacci hashing: the top bits of a multiplication spread neighbouring blocks evenly. */
function batchOfBlock(block: number): number {
  return (Math.imul(block % 2 ** 32, 0x9e3779b1) >>> 0) >>> (32 - Math.log2(BATCH_COUNT));
}

function mergeAdjacent(parts: readonly IdRange[]): IdRange[] {
  const joined: [number, number][] = [];
  for (const [first, last] of parts) {
    const previous = joined.at(-1);
    if (previous && previous[1] + 1 === first) previous[1] = last;
    else joined.push([first, last]);
  }
  return joined;
}

function parseEntry(entry: number | string): IdRange {
  const text = String(entry).trim();
  const [, first, last] = /^(\d+)(?:\s*-\s*(\d+))?$/.exec(text) ?? [];
  if (first === undefined)
    throw new UserError(`tenants: "${text}" is neither an id, as in 10001, nor a range, as in "20000-29999"`);
  const range: IdRange = [parseId(first, text), parseId(last ?? first, text)];
  if (range[1] < range[0]) throw new UserError(`tenants: the range "${text}" ends before it begins`);
  return range;
}

/** Reads a positive bigint of PostgreSQL that JavaScript and JSON represent exactly. */
function parseId(digits: string, entry: string): number {
  const id = Number(digits);
  if (id < 1 || !Number.isSafeInteger(id))
    throw new UserError(`tenants: ${digits} in "${entry}" is out of range: an id is 1 to ${Number.MAX_SAFE_INTEGER}`);
  return id;
}
