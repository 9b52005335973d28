/** What the benchmark asks of a Kafka client. */
export interface BenchmarkClient {
  connect(): Promise<void>;
  /** Resolves once all in-sync replicas have the records. */
  send(records: readonly BenchmarkRecord[]): Promise<unknown>;
  /** Reads `count` records of the topic in a consumer group, from the beginning. */
  consume(count: number): Promise<void>;
  close(): Promise<unknown>;
}

export interface BenchmarkRecord {
  key: Buffer;
  value: Buffer;
  headers: Record<string, string>;
}

/** Each `<name>-client.ts` exports one as `createClient`. */
export type CreateClient = (broker: string, topic: string) => Promise<BenchmarkClient>;
