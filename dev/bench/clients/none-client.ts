import type { BenchmarkClient } from "./client.ts";

/** For the figures of a service without any Kafka client, at rest. */
export async function createClient(): Promise<BenchmarkClient> {
  const nothing = async () => undefined;
  return { connect: nothing, send: nothing, consume: nothing, close: nothing };
}
