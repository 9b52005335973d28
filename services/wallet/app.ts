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
import { pruneHourly } from "@plinth/kit/pruning.ts";
import { createRelay } from "@plinth/kit/relay.ts";
import { createTelemetry } from "@plinth/kit/telemetry.ts";
import { requireTenant, tenantDirectory } from "@plinth/kit/tenant.ts";
import { createTracing } from "@plinth/kit/tracing.ts";
import { warmUp } from "@plinth/kit/warm-up.ts";
import { applyPayments, BALANCES_GROUP } from "./balances.ts";
import { topicName, type WalletEnv } from "./env.ts";
import { type WalletEvents, walletSchemas } from "./events.ts";
import { walletMetrics } from "./metrics.ts";
import { walletRepository } from "./repository.ts";
import { accountRoutes } from "./routes/accounts.ts";
import { betRoutes } from "./routes/bets.ts";

/** A day more than the longest that a topic keeps its records, so that even a consumer that starts again applies nothing twice; a week for clients to repeat a request. */
const remembered = [
  { table: "inbox", column: "received_at", days: 31 },
  { table: "idempotency_keys", column: "created_at", days: 7 },
];

export interface Wallet {
  http: HttpServer;
  lifecycle: Lifecycle;
  logger: Logger;
}

/** The whole service, not yet started. It starts while what it needs is away, and says so on `/ready`. */
export async function createWallet(env: WalletEnv, logger: Logger = loggerOf(env)): Promise<Wallet> {
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
  const codec = createCodec<WalletEvents>(registry, walletSchemas);
  const outbox = createOutbox(codec, (topic) => topicName(env, topic));
  const relay = createRelay({ database, bus, logger, telemetry, name });
  const repository = walletRepository(database, outbox, walletMetrics(telemetry), relay.wake);
  const balances = createConsumer({
    bus,
    logger,
    telemetry,
    tracing,
    group: BALANCES_GROUP,
    topic: env.TOPIC_V1_PAYMENTS,
    deadLetterTopic: env.TOPIC_V1_PAYMENTS_DLQ,
    // As many transactions as the database has cores here: more of them would only wait for each other.
    concurrency: 2,
    decode: (value) => codec.decode("V1_PAYMENTS", value),
    apply: applyPayments(database, outbox, relay.wake),
  });

  const tenants = tenantDirectory(database, cache);
  const labels = { service: name, env: env.ENVIRONMENT, version };
  const loki = env.LOKI_URL === undefined ? undefined : createLoki({ url: env.LOKI_URL, labels, logger, telemetry }, tenants);
  const http = await createHttp({
    title: "Wallet",
    description: "Accounts, bets and balances of a tenant",
    version,
    logger,
    telemetry,
    tracing,
  });
  await http.register(
    async (api: HttpServer) => {
      requireTenant(api, tenants);
      if (loki) pushRequests(api, loki);
      accountRoutes(api, repository);
      betRoutes(api, repository);
    },
    { prefix: "/api/v1" },
  );
  const stopPruning = pruneHourly(database, logger, remembered);
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
      { name: "pruning", stop: stopPruning },
      { name: "balances", start: balances.start, stop: balances.stop },
      { name: "http", start: () => http.listen(listenOptions(env)), stop: () => http.close() },
    ],
  });
  healthRoutes(http, lifecycle);
  return { http, lifecycle, logger };
}

function loggerOf(env: WalletEnv): Logger {
  return createLogger({ service: env.SERVICE_NAME, version: env.VERSION, level: env.LOG_LEVEL });
}
