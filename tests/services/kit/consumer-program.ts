import { setTimeout as sleep } from "node:timers/promises";
import { createBus } from "@plinth/kit/bus.ts";
import { createConsumer } from "@plinth/kit/consumer.ts";
import { createTelemetry } from "@plinth/kit/telemetry.ts";
import { decode, logger, type Numbered } from "./topic.ts";

/** A consumer that can be killed: prints key and number of each event after its effect. Arguments: broker, topic, group. */
const [broker, topic, group] = process.argv.slice(2) as [string, string, string];

createConsumer<Numbered>({
  bus: createBus("kit-test-program", [broker], logger),
  logger,
  telemetry: createTelemetry("kit", "test"),
  group,
  topic,
  deadLetterTopic: `${topic}_DLQ`,
  decode,
  async handle({ event }) {
    await sleep(2);
    process.stdout.write(`${JSON.stringify([event.aggregate_id, event.number])}\n`);
    return true;
  },
}).start();
