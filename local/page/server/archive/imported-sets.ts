import { PageError } from "../../model/page-error.ts";
import type { LogSource, TraceSource } from "../../model/sources.ts";

/** Opened files, beside the live data. */
export class ImportedSets {
  private readonly sets = new Map<string, { logs: LogSource; traces: TraceSource }>();

  get(id: string): { logs: LogSource; traces: TraceSource } {
    const found = this.sets.get(id);
    if (found === undefined) throw new PageError(404, "This imported file is no longer open: import it again");
    return found;
  }
}
