import type { Logger } from "@plinth/kit/core/logger.ts";
import { pruneHourly } from "@plinth/kit/database/pruning.ts";
import { createEventCodec } from "@plinth/kit/kafka/avro.ts";
import { createConsumer } from "@plinth/kit/kafka/consumer.ts";
import { createRetryStages } from "@plinth/kit/kafka/retry-topics.ts";
import { createOutbox } from "@plinth/kit/outbox/outbox.ts";
import { createRelay } from "@plinth/kit/outbox/relay.ts";
import { createService, createServiceContext, type Service } from "@plinth/kit/service.ts";
import type { HighloadEnv } from "./env.ts";
import { createHighloadMetrics } from "./metrics.ts";
import { addEventRoutes } from "./routes/events.ts";
import { addUserRoutes } from "./routes/users.ts";
import { createEventUseCases } from "./use-cases/events.ts";
import { createEventProcessor, PROCESSING_GROUP } from "./use-cases/process-events.ts";
import { createUserUseCases } from "./use-cases/users.ts";
import { type HighloadEvents, highloadSchemas } from "./user-events.ts";

/** Clients may repeat a request for a week. */
const retentionPolicies = [{ table: "idempotency_keys", column: "created_at", days: 7 }];

/** Creates the service without starting it. */
export async function createHighload(env: HighloadEnv, logger?: Logger): Promise<Service> {
  const base = createServiceContext(env, logger);
  const { database, cache } = base;
  const codec = createEventCodec<HighloadEvents>(base.schemaRegistry, highloadSchemas);
  const outbox = createOutbox(codec, () => env.TOPIC_USER_EVENTS);
  const relay = createRelay(base);
  const metrics = createHighloadMetrics(base.metrics);
  const workers = createConsumer({
    ...base,
    group: PROCESSING_GROUP,
    topic: env.TOPIC_USER_EVENTS,
    deadLetterTopic: env.TOPIC_USER_EVENTS_DLQ,
    // Events do not depend on earlier ones, so a failed one may wait while others go on.
    retryStages: createRetryStages([
      env.TOPIC_USER_EVENTS_RETRY_1,
      env.TOPIC_USER_EVENTS_RETRY_2,
      env.TOPIC_USER_EVENTS_RETRY_3,
    ]),
    decode: (value) => codec.decode("user-events", value),
    concurrency: env.WORKERS,
    applyBatch: createEventProcessor(database),
  });
  return createService(base, {
    title: "Highload",
    description: "Users and their events, at high load",
    defaultTenant: env.DEFAULT_TENANT_ID,
    loadSchemas: codec.loadSchemaIds,
    routes(api) {
      addUserRoutes(api, createUserUseCases(database, cache, metrics));
      addEventRoutes(api, createEventUseCases(database, outbox, metrics, relay.wake));
    },
    hooks: [
      { name: "relay", start: relay.start, stop: relay.stop },
      { name: "pruning", stop: pruneHourly(database, base.logger, retentionPolicies) },
      { name: "workers", start: workers.start, stop: workers.stop },
    ],
  });
}
