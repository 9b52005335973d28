/** Offsets of one partition. */
export interface OffsetRange {
  partition: number;
  first: bigint;
  /** Not included; undefined to wait for new records. */
  end: bigint | undefined;
}

/** Fetches of nothing after which a partition is at its end for now. */
const IDLE_FETCHES = 3;

/** How far a reading of a topic is. */
export class ReadingProgress {
  readonly #ranges: Map<number, OffsetRange>;
  /** The next offset of each partition that is not at its end. */
  readonly #next = new Map<number, bigint>();
  readonly #idleMs: number;
  #leaders: ReadonlyMap<number, number> = new Map();
  /** Fetches of each broker since it delivered a batch. */
  readonly #idleFetches = new Map<number, number>();
  #idleSince = performance.now();
  #answeredAt = performance.now();

  /** @param maxWaitMs how long a broker waits before it answers a fetch with nothing */
  constructor(ranges: readonly OffsetRange[], maxWaitMs: number) {
    this.#ranges = new Map(ranges.map((range) => [range.partition, range]));
    this.#idleMs = IDLE_FETCHES * maxWaitMs;
    for (const { partition, first, end } of ranges)
      if (end === undefined || first < end) this.#next.set(partition, first);
  }

  get isDone(): boolean {
    return this.#next.size === 0;
  }

  /** Time since the last answer of a broker. */
  get silentMs(): number {
    return performance.now() - this.#answeredAt;
  }

  setLeaders(leaders: ReadonlyMap<number, number>): void {
    this.#leaders = leaders;
  }

  /** `next` is undefined for a partition of which nothing more is wanted. */
  partitions(): { partition: number; next: bigint | undefined }[] {
    return [...this.#ranges.keys()].map((partition) => ({ partition, next: this.#next.get(partition) }));
  }

  isWanted(partition: number, offset: bigint): boolean {
    const [next, end] = [this.#next.get(partition), this.#ranges.get(partition)?.end];
    return next !== undefined && offset >= next && (end === undefined || offset < end);
  }

  /** Starts the count of idle fetches again: a broker delivered, or was asked again. */
  restartIdleCount(): void {
    this.#idleFetches.clear();
    this.#idleSince = performance.now();
  }

  noteBatch(partition: number, lastOffset: bigint): void {
    this.#answeredAt = performance.now();
    const [next, end] = [this.#next.get(partition), this.#ranges.get(partition)?.end];
    if (next === undefined) return;
    // Compaction and transactions leave gaps, so the last offset of a range may not exist.
    if (end !== undefined && lastOffset >= end - 1n) this.#next.delete(partition);
    else if (lastOffset >= next) {
      this.#next.set(partition, lastOffset + 1n);
      this.restartIdleCount();
    }
  }

  /**
   * A broker that fetches nothing again and again has delivered all it will: the rest belongs to an
   * open transaction, or is gone.
   */
  noteFetch(broker: number): void {
    this.#answeredAt = performance.now();
    this.#idleFetches.set(broker, (this.#idleFetches.get(broker) ?? 0) + 1);
    if (performance.now() - this.#idleSince < this.#idleMs) return;
    for (const partition of [...this.#next.keys()]) {
      const isIdle = (this.#idleFetches.get(this.#leaders.get(partition) ?? broker) ?? 0) >= IDLE_FETCHES;
      if (isIdle && this.#ranges.get(partition)?.end !== undefined) this.#next.delete(partition);
    }
  }
}
