import { type Cache, createCache } from "./cache/cache.ts";
import { describeCaught } from "./core/caught-value.ts";
import type { PlatformEnv } from "./core/env.ts";
import { createLifecycle, type Lifecycle, type LifecycleHook } from "./core/lifecycle.ts";
import { createLogger, type Logger } from "./core/logger.ts";
import { releaseStartupMemory } from "./core/memory.ts";
import type { TenantDirectory, TenantLocks } from "./core/tenant.ts";
import { warmUp } from "./core/warm-up.ts";
import { createDatabase, type Database } from "./database/database.ts";
import { createTenantDirectory } from "./database/tenant-directory.ts";
import type { HttpServer } from "./http/fastify.ts";
import { addHealthRoutes } from "./http/health.ts";
import { readIdempotencyKeys } from "./http/idempotency.ts";
import { listenOptions } from "./http/listen-options.ts";
import { pushRequestLines } from "./http/loki-request-lines.ts";
import { addRateLimit } from "./http/rate-limit.ts";
import { createHttpServer } from "./http/server.ts";
import { requireTenant } from "./http/tenant.ts";
import { type Bus, createBus } from "./kafka/bus.ts";
import { createSchemaRegistryClient, type SchemaRegistryClient } from "./kafka/schema-registry.ts";
import { createLoki } from "./telemetry/loki.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { createTracing, type Tracing } from "./telemetry/tracing.ts";

export type ServiceEnv = PlatformEnv & { readonly SERVICE_NAME: string; readonly PORT: number };

/**
 * The instruments and connections of a service that uses the whole platform. Nothing is connected
 * before the lifecycle of {@link createService} starts.
 */
export interface ServiceContext {
  env: ServiceEnv;
  name: string;
  logger: Logger;
  metrics: Metrics;
  tracing: Tracing;
  database: Database;
  cache: Cache;
  bus: Bus;
  schemaRegistry: SchemaRegistryClient;
  tenants: TenantDirectory & TenantLocks;
}

/** Recorded, of those that begin in a process: all when it is quiet. A bet has some 20 spans. */
const TRACES_PER_SECOND = 20;

/** @param logger @default to standard output, at the environment's `LOG_LEVEL` */
export function createServiceContext(env: ServiceEnv, logger?: Logger): ServiceContext {
  const { SERVICE_NAME: name, VERSION: version } = env;
  const log = logger ?? createLogger({ service: name, version, level: env.LOG_LEVEL });
  const metrics = createMetrics(name, version, { prefix: env.METRICS_PREFIX, maxTenants: env.METRICS_TENANTS });
  const tracing = createTracing({
    service: name,
    version,
    endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
    ...(env.OTEL_TRACES_SAMPLER_ARG === undefined
      ? { tracesPerSecond: TRACES_PER_SECOND }
      : { sampleRatio: env.OTEL_TRACES_SAMPLER_ARG }),
    serviceName: env.OTEL_SERVICE_NAME,
    resourceAttributes: env.OTEL_RESOURCE_ATTRIBUTES,
    logger: log,
    metrics,
  });
  const database = createDatabase({ url: env.DATABASE_URL, logger: log, name, metrics, tracing });
  const cache = createCache({ url: env.REDIS_URL, keyPrefix: `${name}:`, logger: log, metrics, tracing });
  return {
    env,
    name,
    logger: log,
    metrics,
    tracing,
    database,
    cache,
    bus: createBus(name, env.KAFKA_BROKERS, log, { metrics, tracing }),
    schemaRegistry: createSchemaRegistryClient(env.SCHEMA_REGISTRY_URL),
    tenants: createTenantDirectory(database),
  };
}

/** The first HTTP status that is not a success. */
const FIRST_FAILURE = 400;

export interface ServiceSettings {
  title: string;
  description: string;
  /** Tenant of requests that name none. @default none: `X-Tenant-Id` is required */
  defaultTenant?: number;
  /** Adds the routes below `/api/v1`, where each request has a tenant. */
  routes(api: HttpServer): void;
  /**
   * Loads the schemas from the registry. The service is ready only after that has succeeded; it is
   * repeated until then.
   */
  loadSchemas(): Promise<void>;
  /**
   * The service's own parts. They start after the connections and before HTTP, and stop in the
   * opposite order.
   */
  hooks: readonly LifecycleHook[];
}

export interface Service {
  http: HttpServer;
  lifecycle: Lifecycle;
  logger: Logger;
}

/**
 * Creates the whole service without starting it. It also starts while its dependencies are away,
 * and `/ready` names them.
 */
export async function createService(
  base: ServiceContext,
  { title, description, defaultTenant, routes, loadSchemas, hooks }: ServiceSettings,
): Promise<Service> {
  const { env, name, logger, metrics, tracing, database, cache, bus, tenants } = base;
  const { VERSION: version, LOKI_URL, RATE_LIMIT_PER_MINUTE: requests } = env;
  const labels = { service: name, env: env.ENVIRONMENT, version };
  const loki = LOKI_URL === undefined ? undefined : createLoki({ url: LOKI_URL, labels, logger, metrics }, tenants);
  const http = await createHttpServer({
    title,
    description,
    version,
    logger,
    metrics,
    tracing,
    corsOrigins: env.CORS_ORIGINS,
    allowedHosts: env.ALLOWED_HOSTS,
  });
  await http.register(
    async (api: HttpServer) => {
      requireTenant(api, tenants, defaultTenant);
      if (requests > 0) await addRateLimit(api, { redis: cache.redis, maxRequests: requests });
      if (loki && env.LOKI_REQUEST_LINES !== "none")
        pushRequestLines(api, loki, env.LOKI_REQUEST_LINES === "all" ? 0 : FIRST_FAILURE);
      readIdempotencyKeys(api);
      routes(api);
    },
    { prefix: "/api/v1" },
  );
  const lifecycle = createLifecycle({
    logger,
    hooks: [
      // Stops last, so that what the others log and trace at their end is sent too.
      { name: "telemetry", stop: () => Promise.all([tracing.close(), loki?.close()]) },
      { name: "database", check: database.check, stop: database.close },
      { name: "cache", check: cache.check, stop: cache.close },
      { name: "broker", check: bus.check, stop: bus.close },
      { name: "registry", start: () => void warmUp("schemas", loadSchemas, logger), check: loadSchemas },
      ...hooks,
      { name: "http", start: listen, stop: () => http.close() },
    ],
  });
  addHealthRoutes(http, lifecycle);
  return { http, lifecycle, logger };

  async function listen(): Promise<void> {
    // Compiles the routes' schemas, the last memory that only the start needs.
    await http.ready();
    releaseStartupMemory();
    await http.listen(listenOptions(env));
  }
}

/**
 * The whole of a service's `main.ts`: starts the service, or ends the process with one message if
 * that fails.
 */
export async function runService(create: () => Promise<Service>): Promise<void> {
  try {
    const { lifecycle, logger } = await create();
    lifecycle.stopOnSignals();
    await lifecycle.start();
    logger.info("started");
  } catch (error) {
    console.error(describeCaught(error));
    process.exit(1);
  }
}
