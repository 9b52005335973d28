import { createCodec, createRegistryClient } from "@plinth/kit/avro.ts";
import { createBus } from "@plinth/kit/bus.ts";
import { createCache } from "@plinth/kit/cache.ts";
import { createConsumer } from "@plinth/kit/consumer.ts";
import { createDatabase } from "@plinth/kit/database.ts";
import { createHttp, type HttpServer } from "@plinth/kit/http.ts";
import { createLifecycle, healthRoutes, type Lifecycle } from "@plinth/kit/lifecycle.ts";
import { listenOptions } from "@plinth/kit/listen.ts";
import { createLogger, type Logger } from "@plinth/kit/logger.ts";
import { createLoki, pushRequests } from "@plinth/kit/loki.ts";
import { createOutbox } from "@plinth/kit/outbox.ts";
import { createRelay } from "@plinth/kit/relay.ts";
import { retryStages } from "@plinth/kit/retry.ts";
import { createTelemetry } from "@plinth/kit/telemetry.ts";
import { requireTenant, tenantDirectory } from "@plinth/kit/tenant.ts";
import { createTracing } from "@plinth/kit/tracing.ts";
import { warmUp } from "@plinth/kit/warm-up.ts";
import type { HighloadEnv } from "./env.ts";
import { eventRepository } from "./event-repository.ts";
import { type HighloadEvents, highloadSchemas } from "./events.ts";
import { eventRoutes } from "./routes/events.ts";
import { userRoutes } from "./routes/users.ts";
import { userRepository } from "./user-repository.ts";
import { processEvents, WORKER_GROUP } from "./worker.ts";

export interface Highload {
  http: HttpServer;
  lifecycle: Lifecycle;
  logger: Logger;
}

/** The whole service, not yet started. It starts while what it needs is away, and says so on `/ready`. */
export async function createHighload(env: HighloadEnv, logger: Logger = loggerOf(env)): Promise<Highload> {
  const { SERVICE_NAME: name, VERSION: version } = env;
  const telemetry = createTelemetry(name, version);
  const tracing = createTracing({
    service: name,
    version,
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    ratio: env.OTEL_TRACES_SAMPLER_ARG,
    logger,
    telemetry,
  });
  const database = createDatabase({ url: env.DATABASE_URL, logger, name, telemetry, tracing });
  const cache = createCache({ url: env.REDIS_URL, prefix: `${name}:`, logger, telemetry });
  const bus = createBus(name, env.KAFKA_BROKERS, logger, { telemetry, tracing });
  const registry = createRegistryClient(env.SCHEMA_REGISTRY_URL);
  const codec = createCodec<HighloadEvents>(registry, highloadSchemas);
  const outbox = createOutbox(codec, () => env.TOPIC_USER_EVENTS);
  const relay = createRelay({ database, bus, logger, telemetry, name });
  const workers = createConsumer({
    bus,
    logger,
    telemetry,
    tracing,
    group: WORKER_GROUP,
    topic: env.TOPIC_USER_EVENTS,
    deadLetterTopic: env.TOPIC_USER_EVENTS_DLQ,
    // That an event is processed does not depend on those before it.
    retry: retryStages([env.TOPIC_USER_EVENTS_RETRY_1, env.TOPIC_USER_EVENTS_RETRY_2, env.TOPIC_USER_EVENTS_RETRY_3]),
    decode: (value) => codec.decode("user-events", value),
    concurrency: env.WORKERS,
    apply: processEvents(database),
  });

  const tenants = tenantDirectory(database, cache);
  const labels = { service: name, env: env.ENVIRONMENT, version };
  const loki = env.LOKI_URL === undefined ? undefined : createLoki({ url: env.LOKI_URL, labels, logger, telemetry }, tenants);
  const http = await createHttp({
    title: "Highload",
    description: "Users, and what they do, at high load",
    version,
    logger,
    telemetry,
    tracing,
  });
  await http.register(
    async (api: HttpServer) => {
      requireTenant(api, tenants, env.DEFAULT_TENANT_ID);
      if (loki) pushRequests(api, loki);
      userRoutes(api, userRepository(database, cache));
      eventRoutes(api, eventRepository(database, outbox, relay.wake));
    },
    { prefix: "/api/v1" },
  );
  const lifecycle = createLifecycle({
    logger,
    parts: [
      // Stops last: what the others end with is told too.
      { name: "tracing", stop: tracing.close },
      { name: "loki", stop: () => loki?.close() },
      { name: "database", check: database.check, stop: database.close },
      { name: "cache", check: cache.check, stop: cache.close },
      { name: "broker", check: bus.check, stop: bus.close },
      { name: "registry", start: () => void warmUp("schemas", codec.prepare, logger), check: codec.prepare },
      { name: "relay", start: relay.start, stop: relay.stop },
      { name: "workers", start: workers.start, stop: workers.stop },
      { name: "http", start: () => http.listen(listenOptions(env)), stop: () => http.close() },
    ],
  });
  healthRoutes(http, lifecycle);
  return { http, lifecycle, logger };
}

function loggerOf(env: HighloadEnv): Logger {
  return createLogger({ service: env.SERVICE_NAME, version: env.VERSION, level: env.LOG_LEVEL });
}
