import type { IdRange } from "@plinth/providers/tenancy/ids.ts";

/**
 * A regular expression (RE2) for exactly the whole numbers of these ranges, which it does not
 * anchor: `10001|1000[2-9]`. Alloy compares tenants by it, since its stages cannot count.
 */
export function tenantPattern(ranges: readonly IdRange[]): string {
  return ranges.flatMap(([first, last]) => rangePatterns(first, last)).join("|");
}

/** Splits a range at powers of ten: each part is a prefix, one digit class and any digits. */
function rangePatterns(first: number, last: number): string[] {
  const patterns: string[] = [];
  for (let from = first; from <= last; ) {
    const size = blockSize(from, last);
    const to = lastOfRun(from, size, last);
    patterns.push(blockPattern(from, to, size));
    from = to + size;
  }
  return patterns;
}

/** The largest power of ten that `from` is a multiple of, and whose block ends within `last`. */
function blockSize(from: number, last: number): number {
  let size = 1;
  while (from % (size * 10) === 0 && from + size * 10 - 1 <= last && size * 10 <= from) size *= 10;
  return size;
}

/** The start of the last block of `size` that differs from `from` in one digit only. */
function lastOfRun(from: number, size: number, last: number): number {
  const digit = Math.floor(from / size) % 10;
  const blocks = Math.min(9 - digit, Math.floor((last - from + 1) / size) - 1);
  return from + blocks * size;
}

function blockPattern(from: number, to: number, size: number): string {
  const prefix = Math.floor(from / size / 10);
  const [low, high] = [Math.floor(from / size) % 10, Math.floor(to / size) % 10];
  const free = String(size).length - 1;
  const digits = low === high ? `${low}` : `[${low}-${high}]`;
  return `${prefix === 0 ? "" : prefix}${digits}${free === 0 ? "" : `[0-9]{${free}}`}`;
}
