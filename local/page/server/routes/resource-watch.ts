import { setTimeout as sleep } from "node:timers/promises";
import type { Resource } from "../../model/resource.ts";
import type { ResourceSource } from "../../model/sources.ts";

const INTERVAL_MS = 1000;
const MAX_AGE_MS = INTERVAL_MS / 2;

/** Lists the resources once a second for all clients together, and only while there is one. */
export class ResourceWatch {
  private readonly source: ResourceSource;
  private latest: Promise<Resource[]> | undefined;
  private listedAt = 0;

  constructor(source: ResourceSource) {
    this.source = source;
  }

  /** The list, then each list that differs from the last. */
  async *follow(signal: AbortSignal): AsyncGenerator<Resource[]> {
    let sent = "";
    while (!signal.aborted) {
      const resources = await this.list();
      const text = JSON.stringify(resources);
      if (text !== sent) yield resources;
      sent = text;
      await sleep(INTERVAL_MS, undefined, { signal }).catch(() => undefined);
    }
  }

  /** The next list is not an earlier one. */
  refresh(): void {
    this.latest = undefined;
  }

  private list(): Promise<Resource[]> {
    if (this.latest === undefined || Date.now() - this.listedAt > MAX_AGE_MS) {
      this.listedAt = Date.now();
      this.latest = this.source.list();
    }
    return this.latest;
  }
}
