import { setTimeout as sleep } from "node:timers/promises";
import type { Counts } from "../counts.ts";
import type { BatchWriter } from "../store/batch-writer.ts";
import { DeliveryProgress } from "../store/delivery-progress.ts";
import { STREAM_FIELDS } from "../store/streams.ts";
import type { Spool, SpoolEntry, SpoolPosition } from "./spool.ts";

/** Bytes that are sent at once, together with what the store takes at the same time. */
const WINDOW_BYTES = 1 << 20;
const MAX_REQUESTS = 4;
const IDLE_MS = 1000;

/** Delivers what the buffer holds to the store, in order, each entry at least once. */
export class SpoolPump {
  private readonly spool: Spool;
  private readonly writer: BatchWriter;
  private readonly counts: Counts;
  private readonly progress: DeliveryProgress<SpoolPosition>;
  private readonly stopped = new AbortController();
  private position: SpoolPosition = { segment: 0, offset: 0 };
  private running: Promise<void> = Promise.resolve();
  private wake: (() => void) | undefined;

  constructor(
    spool: Spool,
    positions: string,
    writer: BatchWriter,
    counts: Counts,
    epoch: () => Promise<number | undefined>,
  ) {
    this.spool = spool;
    this.writer = writer;
    this.counts = counts;
    this.progress = new DeliveryProgress(positions, this.position, epoch);
  }

  async start(): Promise<void> {
    await this.progress.load();
    this.position = this.progress.accepted;
    this.running = this.run();
  }

  /** Appends entries. @throws SpoolFull */
  add(entries: readonly SpoolEntry[]): void {
    this.spool.append(entries);
    this.wake?.();
  }

  async stop(): Promise<void> {
    this.stopped.abort();
    this.wake?.();
    await this.running;
    await this.progress.finish();
    this.spool.close();
  }

  private async run(): Promise<void> {
    while (!this.stopped.signal.aborted) {
      try {
        if (await this.progress.keep()) this.position = this.progress.rewind();
        this.spool.discard(this.progress.durable);
        if (!(await this.deliver())) await this.waitForEntries();
      } catch (error) {
        const { code = "none" } = error as NodeJS.ErrnoException;
        this.counts.add("plinth_collector_errors_total", { part: "buffer", code });
        await sleep(IDLE_MS, undefined, { signal: this.stopped.signal }).catch(() => undefined);
      }
    }
  }

  /** @returns whether there was something */
  private async deliver(): Promise<boolean> {
    const { entries, next } = this.spool.read(this.position, WINDOW_BYTES);
    if (entries.length === 0) return false;
    const groups = group(entries);
    for (let first = 0; first < groups.length; first += MAX_REQUESTS) {
      const sent = groups
        .slice(first, first + MAX_REQUESTS)
        .map(({ account, kind, count, documents }) =>
          this.writer.write(account, STREAM_FIELDS[kind], documents, count),
        );
      if ((await Promise.all(sent)).includes(false)) return true;
    }
    this.position = next;
    this.progress.accept(next);
    return true;
  }

  private async waitForEntries(): Promise<void> {
    const woken = Promise.withResolvers<void>();
    this.wake = woken.resolve;
    const timer = setTimeout(woken.resolve, IDLE_MS);
    await woken.promise;
    clearTimeout(timer);
    this.wake = undefined;
  }
}

/** One request for the entries of an account instead of one for each. */
function group(entries: readonly SpoolEntry[]): SpoolEntry[] {
  const groups = Map.groupBy(entries, ({ account, kind }) => `${account} ${kind}`);
  return [...groups.values()].map((group) => ({
    ...group[0]!,
    count: group.reduce((sum, { count }) => sum + count, 0),
    documents: Buffer.concat(group.map(({ documents }) => documents)),
  }));
}
