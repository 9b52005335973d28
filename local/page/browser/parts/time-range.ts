/** A time range of an address: `15m` is the last 15 minutes; otherwise two ends in ms. */
export interface TimeRange {
  /** Such as `15m`; absent for an absolute range. */
  last?: string;
  from: number;
  to: number;
}

export const LAST = ["5m", "15m", "1h", "6h", "24h", "2d", "7d"] as const;

const UNIT_MS: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads `range=15m`, or `from=` and `to=` (ms). What cannot be read is the default. */
export function readRange(query: URLSearchParams, now: number, fallback = "1h"): TimeRange {
  const from = Number(query.get("from") ?? Number.NaN);
  const to = Number(query.get("to") ?? Number.NaN);
  if (Number.isFinite(from) && from > 0) {
    const end = Number.isFinite(to) && to > from ? to : now;
    if (end > from) return { from, to: end };
  }
  const asked = query.get("range") ?? fallback;
  const last = parseLast(asked) === undefined ? fallback : asked;
  return { last, from: now - parseLast(last)!, to: now };
}

/** Milliseconds of `15m`; undefined for anything else. */
export function parseLast(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,4})([smhd])$/.exec(text) ?? [];
  const ms = Number(count) * (UNIT_MS[unit ?? ""] ?? Number.NaN);
  return ms > 0 ? ms : undefined;
}

export function describeLast(last: string): string {
  const words: Record<string, string> = { s: "seconds", m: "minutes", h: "hours", d: "days" };
  const count = last.slice(0, -1);
  const unit = words[last.slice(-1)] ?? "";
  return count === "1" ? `Last ${unit.slice(0, -1)}` : `Last ${count} ${unit}`;
}

/** `2026-11-28T14:03` of local time, as `<input type="datetime-local">` wants it. */
export function toLocalInput(ms: number): string {
  const time = new Date(ms);
  return new Date(ms - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

/** A step in seconds that gives about `points` values, of a round length. */
export function stepOf(from: number, to: number, points: number): number {
  const raw = (to - from) / 1000 / points;
  const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600, 43_200, 86_400];
  return steps.find((step) => step >= raw) ?? 86_400;
}
