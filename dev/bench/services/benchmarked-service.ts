import type { PinnedProcess } from "./pinned-process.ts";

/** A high-load service under measurement. */
export interface BenchmarkedService extends PinnedProcess {
  /** Schema and table of its events. */
  eventsTable: string;
}
