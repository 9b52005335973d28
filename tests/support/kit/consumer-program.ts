import { setTimeout as sleep } from "node:timers/promises";
import { createBus } from "@plinth/kit/kafka/bus.ts";
import { createConsumer } from "@plinth/kit/kafka/consumer.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { decode, logger, type NumberedEvent } from "./test-topic.ts";

/**
 * A consumer in a process that can be killed. It prints key and number of each event after its
 * effect. Arguments: broker, topic, group.
 */
const [broker, topic, group] = process.argv.slice(2) as [string, string, string];

createConsumer<NumberedEvent>({
  bus: createBus("kit-test-program", [broker], logger),
  logger,
  metrics: createMetrics("kit", "test"),
  group,
  topic,
  deadLetterTopic: `${topic}_DLQ`,
  decode,
  async applyEvent({ event }) {
    await sleep(2);
    process.stdout.write(`${JSON.stringify([event.aggregate_id, event.number])}\n`);
    return true;
  },
}).start();
