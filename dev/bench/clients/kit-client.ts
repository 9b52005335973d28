import { createLogger } from "@plinth/kit/core/logger.ts";
import { createBus } from "@plinth/kit/kafka/bus.ts";
import { createConsumer } from "@plinth/kit/kafka/consumer.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import type { BenchmarkClient } from "./client.ts";

/** The kit's bus and consumer, with all that they add to kafkajs. */
export async function createClient(broker: string, topic: string): Promise<BenchmarkClient> {
  const logger = createLogger({ service: "bench", version: "", level: "error" });
  const metrics = createMetrics("bench", "");
  const bus = createBus("bench", [broker], logger, { metrics });
  return {
    connect: bus.check,
    send: (messages) => bus.publish(messages.map((message) => ({ topic, ...message }))),
    async consume(count) {
      let seen = 0;
      const done = Promise.withResolvers<void>();
      const consumer = createConsumer({
        ...{ bus, logger, metrics, topic, group: `bench-${process.pid}`, deadLetterTopic: "none" },
        decode: async () => ({ id: "", tenant_id: 10_001, aggregate_id: "" }),
        async applyBatch(received) {
          seen += received.length;
          if (seen >= count) done.resolve();
          return received.length;
        },
      });
      consumer.start();
      await done.promise;
      await consumer.stop();
    },
    close: bus.close,
  };
}
