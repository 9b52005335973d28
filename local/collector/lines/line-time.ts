/** How far a line's time may be from the clock. Milliseconds. */
export interface TimeBounds {
  /** Oldest time that is believed; beyond the store's retention, a line would be lost. */
  oldest: number;
  newest: number;
}

/** `09:40:00.123456 UTC` after a date, in brackets or not, with a dot or a comma. */
const TEXT_TIME =
  /^\[?(\d{4}[-/]\d{2}[-/]\d{2})[ T](\d{2}:\d{2}:\d{2})(?:[.,](\d{1,9}))?(?: ?(Z|UTC|GMT|[+-]\d{2}:?\d{2}))?/;
const REDIS_TIME = /^\d+:[XCSM] (\d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2})\.(\d{3}) /;

/**
 * Milliseconds since 1970 of a structured line's time: ISO 8601, or a number of s, ms, µs or ns.
 */
export function toMilliseconds(value: unknown): number | undefined {
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const number = typeof value === "number" ? value : /^\d{9,19}(\.\d+)?$/.test(value) ? Number(value) : undefined;
  if (number !== undefined) return Number.isFinite(number) && number > 0 ? scaled(number) : undefined;
  const ms = Date.parse(value as string);
  return Number.isNaN(ms) ? undefined : ms;
}

/** Seconds have 10 digits in this century, milliseconds 13, microseconds 16, nanoseconds 19. */
function scaled(number: number): number {
  if (number < 1e11) return number * 1000;
  if (number < 1e14) return number;
  return number < 1e17 ? number / 1e3 : number / 1e6;
}

/** The time that a line of text begins with. Without a zone it is this machine's. */
export function timeOfText(text: string): number | undefined {
  const first = text.charCodeAt(0);
  // Most lines begin with neither a bracket nor a digit.
  if (first !== 91 && (first < 48 || first > 57)) return undefined;
  const match = TEXT_TIME.exec(text);
  if (match) {
    const [, date = "", time, fraction = "0", zone = ""] = match;
    const offset = zone === "UTC" || zone === "GMT" ? "Z" : zone;
    return valid(Date.parse(`${date.replaceAll("/", "-")}T${time}.${fraction.slice(0, 3).padEnd(3, "0")}${offset}`));
  }
  const redis = REDIS_TIME.exec(text);
  return redis ? valid(Date.parse(`${redis[1]}.${redis[2]}`)) : undefined;
}

const valid = (ms: number) => (Number.isNaN(ms) ? undefined : ms);

/**
 * Gives the lines of one file times in nanoseconds that rise: the store orders lines by time only,
 * and many lines share a millisecond.
 */
export class LineClock {
  private ms = 0;
  private sequence = 0;

  next(ms: number): string {
    const whole = Math.trunc(ms);
    if (whole === this.ms) this.sequence++;
    else {
      this.ms = whole;
      this.sequence = 0;
    }
    return `${whole}${String(this.sequence % 1_000_000).padStart(6, "0")}`;
  }
}
