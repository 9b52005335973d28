/** Counts requests under Redpanda's names, so that panels need not know which registry answers. */
export class RequestMetrics {
  private readonly refused = new Map<number, number>([409, 422].map((status) => [status, 0]));
  private count = 0;
  private seconds = 0;

  add(status: number, seconds: number): void {
    this.count++;
    this.seconds += seconds;
    if (status >= 400) this.refused.set(status, (this.refused.get(status) ?? 0) + 1);
  }

  /** Prometheus' text format. Redpanda's own registry prints classes such as `4xx` as status. */
  toText(skippedRecords: number): string {
    const skipped = "plinth_schema_registry_skipped_records";
    const errors = "redpanda_schema_registry_request_errors_total";
    const latency = "redpanda_schema_registry_request_latency_seconds";
    return [
      `# HELP ${errors} Requests refused, by HTTP status`,
      `# TYPE ${errors} counter`,
      ...[...this.refused].map(([status, count]) => `${errors}{redpanda_status="${status}"} ${count}`),
      `# HELP ${latency} From a request to its answer`,
      `# TYPE ${latency} summary`,
      `${latency}_sum ${this.seconds}`,
      `${latency}_count ${this.count}`,
      `# HELP ${skipped} Records of the log that are malformed or contradict earlier ones`,
      `# TYPE ${skipped} gauge`,
      `${skipped} ${skippedRecords}`,
      "",
    ].join("\n");
  }
}
