import { createCodec } from "@plinth/kit/avro.ts";
import { createConsumer } from "@plinth/kit/consumer.ts";
import type { Logger } from "@plinth/kit/logger.ts";
import { createOutbox } from "@plinth/kit/outbox.ts";
import { createRelay } from "@plinth/kit/relay.ts";
import { retryStages } from "@plinth/kit/retry.ts";
import { assemble, openBase, type Service } from "@plinth/kit/service.ts";
import type { HighloadEnv } from "./env.ts";
import { eventRepository } from "./event-repository.ts";
import { type HighloadEvents, highloadSchemas } from "./events.ts";
import { eventRoutes } from "./routes/events.ts";
import { userRoutes } from "./routes/users.ts";
import { userRepository } from "./user-repository.ts";
import { processEvents, WORKER_GROUP } from "./worker.ts";

/** The whole service, not yet started. */
export async function createHighload(env: HighloadEnv, logger?: Logger): Promise<Service> {
  const base = openBase(env, logger);
  const { database, cache } = base;
  const codec = createCodec<HighloadEvents>(base.registry, highloadSchemas);
  const outbox = createOutbox(codec, () => env.TOPIC_USER_EVENTS);
  const relay = createRelay(base);
  const workers = createConsumer({
    ...base,
    group: WORKER_GROUP,
    topic: env.TOPIC_USER_EVENTS,
    deadLetterTopic: env.TOPIC_USER_EVENTS_DLQ,
    // That an event is processed does not depend on those before it.
    retry: retryStages([env.TOPIC_USER_EVENTS_RETRY_1, env.TOPIC_USER_EVENTS_RETRY_2, env.TOPIC_USER_EVENTS_RETRY_3]),
    decode: (value) => codec.decode("user-events", value),
    concurrency: env.WORKERS,
    apply: processEvents(database),
  });
  return assemble(base, {
    title: "Highload",
    description: "Users, and what they do, at high load",
    defaultTenant: env.DEFAULT_TENANT_ID,
    prepare: codec.prepare,
    routes(api) {
      userRoutes(api, userRepository(database, cache));
      eventRoutes(api, eventRepository(database, outbox, relay.wake));
    },
    parts: [
      { name: "relay", start: relay.start, stop: relay.stop },
      { name: "workers", start: workers.start, stop: workers.stop },
    ],
  });
}
