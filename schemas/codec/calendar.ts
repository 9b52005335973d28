const SECONDS_PER_DAY = 86_400n;

/** Units in a second of Avro's times. */
export type Precision = "millis" | "micros" | "nanos";
const UNITS: Record<Precision, bigint> = { millis: 1000n, micros: 1_000_000n, nanos: 1_000_000_000n };

/**
 * ISO 8601 of any day since 1970-01-01 (UTC), also beyond the 275,760 years of JavaScript's dates.
 * A year of more than four digits has a sign.
 */
export function formatDay(days: bigint): string {
  // The Gregorian calendar repeats every 400 years of 146,097 days; years begin in March.
  const shifted = days + 719_468n;
  const era = floorDivide(shifted, 146_097n);
  const dayOfEra = Number(shifted - era * 146_097n);
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1;
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  const year = BigInt(yearOfEra) + era * 400n + (month <= 2 ? 1n : 0n);
  return `${formatYear(year)}-${padded(month, 2)}-${padded(day, 2)}`;
}

/** `2026-11-28T13:05:00.000Z`; without the `Z` for a local time. */
export function formatInstant(value: bigint, precision: Precision, zone: "Z" | "" = "Z"): string {
  const perDay = UNITS[precision] * SECONDS_PER_DAY;
  const days = floorDivide(value, perDay);
  return `${formatDay(days)}T${formatTimeOfDay(value - days * perDay, precision)}${zone}`;
}

/** `13:05:00.000`, of a time since midnight that is less than a day. */
export function formatTimeOfDay(value: bigint, precision: Precision): string {
  const units = UNITS[precision];
  const seconds = Number(value / units);
  const clock = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${clock.map((part) => padded(part, 2)).join(":")}.${padded(value % units, String(units).length - 1)}`;
}

/** Whether a time since midnight is one of a day. */
export function isTimeOfDay(value: bigint, precision: Precision): boolean {
  return value >= 0n && value < UNITS[precision] * SECONDS_PER_DAY;
}

/** `P1M2DT0.003S`, of the months, days and milliseconds of Avro's duration. */
export function formatDuration(months: number, days: number, millis: number): string {
  const time = millis === 0 ? "" : `T${Math.floor(millis / 1000)}.${padded(millis % 1000, 3)}S`;
  return `P${months}M${days}D${time}`;
}

function formatYear(year: bigint): string {
  if (year >= 0n && year <= 9999n) return padded(year, 4);
  return `${year < 0n ? "-" : "+"}${padded(year < 0n ? -year : year, 6)}`;
}

function padded(value: number | bigint, digits: number): string {
  return String(value).padStart(digits, "0");
}

function floorDivide(value: bigint, by: bigint): bigint {
  return value / by - (value % by < 0n ? 1n : 0n);
}
