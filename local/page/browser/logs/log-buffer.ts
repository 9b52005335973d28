import type { LogLine } from "../../model/log-line.ts";

/** Most lines that the page keeps; the oldest go first. About 60 MB. */
export const MAX_LINES = 100_000;

/** Lines by their time, without repeats. Index 0 is the newest. */
export class LogBuffer {
  /** Oldest first: new lines are appended. */
  private lines: LogLine[] = [];
  private readonly max: number;
  /** Number of the oldest line that is there; older pages make it smaller. */
  private first = 0;

  constructor(max = MAX_LINES) {
    this.max = max;
  }

  get size(): number {
    return this.lines.length;
  }

  at(index: number): LogLine | undefined {
    return this.lines[this.lines.length - 1 - index];
  }

  /** Stays the same while lines come and go around it. */
  keyAt(index: number): number {
    return this.first + this.lines.length - 1 - index;
  }

  get newestNs(): string | undefined {
    return this.lines.at(-1)?.timeNs;
  }

  /**
   * Adds lines that just arrived, in any order, and drops those that are there already.
   *
   * @returns how many are new
   */
  addNew(arrived: readonly LogLine[]): number {
    const known = this.identitiesSince(arrived);
    const fresh = arrived.filter((line) => {
      const identity = identityOf(line);
      if (known.has(identity)) return false;
      known.add(identity);
      return true;
    });
    fresh.sort(byTime);
    const newest = this.lines.at(-1);
    const isInOrder = newest === undefined || fresh.length === 0 || byTime(newest, fresh[0]!) <= 0;
    for (const line of fresh) this.lines.push(line);
    if (!isInOrder) this.lines.sort(byTime);
    this.cut();
    return fresh.length;
  }

  /** Adds a page of older lines, newest first, below those that are there. */
  addOlder(page: readonly LogLine[]): void {
    const room = Math.max(0, this.max - this.lines.length);
    const oldest = this.lines[0];
    const known = new Set<string>();
    for (const line of this.lines) {
      if (byTime(line, oldest!) !== 0) break;
      known.add(identityOf(line));
    }
    const older = page
      .filter((line) => oldest === undefined || byTime(line, oldest) < 0 || isNewAt(line, oldest, known))
      .slice(0, room)
      .reverse();
    this.lines = [...older, ...this.lines];
    this.first -= older.length;
  }

  get isFull(): boolean {
    return this.lines.length >= this.max;
  }

  indexOf(identity: string): number {
    for (let index = this.lines.length - 1; index >= 0; index -= 1)
      if (identityOf(this.lines[index]!) === identity) return this.lines.length - 1 - index;
    return -1;
  }

  /** Of the lines that are not older than the oldest that arrived: only those can be repeated. */
  private identitiesSince(arrived: readonly LogLine[]): Set<string> {
    const known = new Set<string>();
    if (arrived.length === 0) return known;
    const oldest = arrived.reduce((first, line) => (byTime(line, first) < 0 ? line : first));
    for (let index = this.lines.length - 1; index >= 0; index -= 1) {
      const line = this.lines[index]!;
      if (byTime(line, oldest) < 0) break;
      known.add(identityOf(line));
    }
    return known;
  }

  private cut(): void {
    const excess = this.lines.length - this.max;
    if (excess <= 0) return;
    this.lines.splice(0, excess);
    this.first += excess;
  }
}

/** Names a line in an address: two lines with the same time, service and text are one. */
export function identityOf({ timeNs, service, message }: LogLine): string {
  let hash = 5381;
  const text = service + message;
  for (let index = 0; index < text.length; index += 1) hash = ((hash * 33) ^ text.charCodeAt(index)) >>> 0;
  return `${timeNs}-${hash.toString(36)}`;
}

/** A line of the same time as the oldest one, but not one that is there. */
function isNewAt(line: LogLine, oldest: LogLine, known: ReadonlySet<string>): boolean {
  return byTime(line, oldest) === 0 && !known.has(identityOf(line));
}

/** Decimal texts of nanoseconds. */
function byTime(a: LogLine, b: LogLine): number {
  if (a.timeNs.length !== b.timeNs.length) return a.timeNs.length - b.timeNs.length;
  return a.timeNs < b.timeNs ? -1 : a.timeNs > b.timeNs ? 1 : 0;
}
