import { createRegistryClient, type RegistryClient } from "./avro.ts";
import { type Bus, createBus } from "./bus.ts";
import { type Cache, createCache } from "./cache.ts";
import { createDatabase, type Database } from "./database.ts";
import type { PlatformEnv } from "./env.ts";
import { createHttp, type HttpServer } from "./http.ts";
import { createLifecycle, healthRoutes, type Lifecycle, type Part } from "./lifecycle.ts";
import { listenOptions } from "./listen.ts";
import { createLogger, type Logger } from "./logger.ts";
import { createLoki, pushRequests } from "./loki.ts";
import { giveBackMemory } from "./memory.ts";
import { limitRate } from "./rate-limit.ts";
import { createTelemetry, type Telemetry } from "./telemetry.ts";
import { requireTenant, type TenantDirectory, tenantDirectory } from "./tenant.ts";
import { createTracing, type Tracing } from "./tracing.ts";
import { warmUp } from "./warm-up.ts";

export type ServiceEnv = PlatformEnv & { readonly SERVICE_NAME: string; readonly PORT: number };

/** Instruments and connections of a service that uses all of the platform. None of it is connected before {@link assemble}'s lifecycle starts. */
export interface Base {
  env: ServiceEnv;
  name: string;
  logger: Logger;
  telemetry: Telemetry;
  tracing: Tracing;
  database: Database;
  cache: Cache;
  bus: Bus;
  registry: RegistryClient;
  tenants: TenantDirectory;
}

/** @param logger @default to standard output, at the level that the environment says */
export function openBase(env: ServiceEnv, logger?: Logger): Base {
  const { SERVICE_NAME: name, VERSION: version } = env;
  const log = logger ?? createLogger({ service: name, version, level: env.LOG_LEVEL });
  const telemetry = createTelemetry(name, version);
  const traces = { endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, ratio: env.OTEL_TRACES_SAMPLER_ARG };
  const tracing = createTracing({ service: name, version, ...traces, logger: log, telemetry });
  const database = createDatabase({ url: env.DATABASE_URL, logger: log, name, telemetry, tracing });
  const cache = createCache({ url: env.REDIS_URL, prefix: `${name}:`, logger: log, telemetry });
  return {
    env,
    name,
    logger: log,
    telemetry,
    tracing,
    database,
    cache,
    bus: createBus(name, env.KAFKA_BROKERS, log, { telemetry, tracing }),
    registry: createRegistryClient(env.SCHEMA_REGISTRY_URL),
    tenants: tenantDirectory(database, cache),
  };
}

export interface ServiceSettings {
  title: string;
  description: string;
  /** Tenant of the requests that name none. @default none: `X-Tenant-Id` is required */
  defaultTenant?: number;
  /** Below `/api/v1`; each request there has a tenant. */
  routes(api: HttpServer): void;
  /** What the schema registry must have answered before the service is ready; asked for again until it has. */
  prepare(): Promise<void>;
  /** Of the service itself: they start after the connections and before HTTP, and stop in the opposite order. */
  parts: readonly Part[];
}

export interface Service {
  http: HttpServer;
  lifecycle: Lifecycle;
  logger: Logger;
}

/** The whole service, not yet started. It starts while what it needs is away, and says so on `/ready`. */
export async function assemble(
  base: Base,
  { title, description, defaultTenant, routes, prepare, parts }: ServiceSettings,
): Promise<Service> {
  const { env, name, logger, telemetry, tracing, database, cache, bus, tenants } = base;
  const { VERSION: version, LOKI_URL, RATE_LIMIT_PER_MINUTE: requests } = env;
  const labels = { service: name, env: env.ENVIRONMENT, version };
  const loki = LOKI_URL === undefined ? undefined : createLoki({ url: LOKI_URL, labels, logger, telemetry }, tenants);
  const http = await createHttp({ title, description, version, logger, telemetry, tracing, corsOrigins: env.CORS_ORIGINS });
  await http.register(
    async (api: HttpServer) => {
      requireTenant(api, tenants, defaultTenant);
      if (requests > 0) await limitRate(api, { redis: cache.redis, requests });
      if (loki) pushRequests(api, loki);
      routes(api);
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
      { name: "registry", start: () => void warmUp("schemas", prepare, logger), check: prepare },
      ...parts,
      { name: "http", start: listen, stop: () => http.close() },
    ],
  });
  healthRoutes(http, lifecycle);
  return { http, lifecycle, logger };

  async function listen(): Promise<void> {
    // Compiles the routes' schemas: the last that a start takes.
    await http.ready();
    giveBackMemory();
    await http.listen(listenOptions(env));
  }
}

/** The whole of a service's `main.ts`: starts it, and ends the process with one message when it cannot. */
export async function run(create: () => Promise<Service>): Promise<void> {
  try {
    const { lifecycle, logger } = await create();
    lifecycle.stopOnSignals();
    await lifecycle.start();
    logger.info("started");
  } catch (error) {
    console.error((error as Error).message);
    process.exit(1);
  }
}
