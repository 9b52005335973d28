import { setTimeout as sleep } from "node:timers/promises";
import type { Counts } from "../counts.ts";
import { StoreUnavailable } from "./store-error.ts";
import type { VictoriaLogs } from "./victoria-logs.ts";

const RETRY_MS = { first: 100, max: 2000 };
/** New documents are made searchable at most so often. */
const SEARCHABLE_MS = 250;

/** Writes batches of documents, again and again until the store takes or refuses them. */
export class BatchWriter {
  private readonly store: VictoriaLogs;
  private readonly counts: Counts;
  private readonly report: (message: string) => void;
  private readonly stopped: AbortSignal;
  private isAway = false;
  private searchable: NodeJS.Timeout | undefined;

  constructor(store: VictoriaLogs, counts: Counts, report: (message: string) => void, stopped: AbortSignal) {
    this.store = store;
    this.counts = counts;
    this.report = report;
    this.stopped = stopped;
  }

  /** Whether the last attempt found the store away. */
  get storeIsAway(): boolean {
    return this.isAway;
  }

  /** @returns false if the collector stopped before the store took them */
  async write(
    account: number,
    streamFields: readonly string[],
    documents: Uint8Array,
    lines: number,
  ): Promise<boolean> {
    for (let pause = RETRY_MS.first; !this.stopped.aborted; pause = Math.min(pause * 2, RETRY_MS.max)) {
      try {
        await this.store.insert(account, streamFields, documents, this.stopped);
        this.setAway(undefined);
        this.searchable ??= setTimeout(() => this.makeSearchable(), SEARCHABLE_MS).unref();
        return true;
      } catch (error) {
        if (this.stopped.aborted) break;
        if (!(error instanceof StoreUnavailable)) {
          this.counts.add("plinth_collector_dropped_total", { reason: "refused by the store" }, lines);
          this.report((error as Error).message);
          return true;
        }
        this.setAway(error);
        await sleep(pause, undefined, { signal: this.stopped }).catch(() => undefined);
      }
    }
    return false;
  }

  private makeSearchable(): void {
    this.searchable = undefined;
    // If it fails, the documents are found a second later, or they are sent again.
    this.store.makeSearchable().catch(() => undefined);
  }

  /** One line when the store goes away and one when it is back: this log is collected, too. */
  private setAway(error: Error | undefined): void {
    if (this.isAway === (error !== undefined)) return;
    this.isAway = error !== undefined;
    this.report(error ? `${error.message}; lines and spans wait on disk` : "The log store answers again");
  }
}
