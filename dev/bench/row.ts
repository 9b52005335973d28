/** One line of the table that `make bench` prints. */
export interface BenchmarkRow {
  what: string;
  goal: string;
  measured: string;
  /** A figure to compare with, measured in the same run. */
  baseline?: string;
}
