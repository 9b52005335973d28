import { readHighloadEnv } from "@plinth/highload/env.ts";
import { createHighloadMetrics } from "@plinth/highload/metrics.ts";
import { addUserRoutes } from "@plinth/highload/routes/users.ts";
import { createUserUseCases } from "@plinth/highload/use-cases/users.ts";
import { createCache } from "@plinth/kit/cache/cache.ts";
import { createLifecycle } from "@plinth/kit/core/lifecycle.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { createDatabase } from "@plinth/kit/database/database.ts";
import { createTenantDirectory } from "@plinth/kit/database/tenant-directory.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { addHealthRoutes } from "@plinth/kit/http/health.ts";
import { pushRequestLines } from "@plinth/kit/http/loki-request-lines.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { requireTenant } from "@plinth/kit/http/tenant.ts";
import { createLoki } from "@plinth/kit/telemetry/loki.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTracing, noopTracing } from "@plinth/kit/telemetry/tracing.ts";
import { Registry } from "prom-client";

/**
 * The user routes of the high-load service without telemetry (`off`), with it (`on`), and with each
 * request's line pushed to its tenant's Loki besides (`pushed`), as the process that `telemetry.ts`
 * measures. A real service always has telemetry.
 */
const mode = process.argv[2];
const on = mode !== "off";
const env = readHighloadEnv();
const { SERVICE_NAME: service, VERSION: version } = env;
const logger = createLogger({ service, version, level: on ? "info" : "silent" });
const metrics = on ? createMetrics(service, version) : withoutMetrics();
const tracing = on
  ? createTracing({
      service,
      version,
      endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT,
      sampleRatio: env.OTEL_TRACES_SAMPLER_ARG,
      logger,
      metrics,
    })
  : noopTracing;
const database = createDatabase({
  url: env.DATABASE_URL,
  logger,
  name: service,
  ...(on && { metrics, tracing }),
});
const cache = createCache({ url: env.REDIS_URL, keyPrefix: `${service}:`, logger, metrics, ...(on && { tracing }) });
const http = await createHttpServer({ title: "Users", description: "", version, logger, metrics, tracing });
const tenants = createTenantDirectory(database);
const labels = { service, env: env.ENVIRONMENT, version };
const loki = mode === "pushed" ? createLoki({ url: env.LOKI_URL ?? "", labels, logger, metrics }, tenants) : undefined;
await http.register(
  async (api: HttpServer) => {
    requireTenant(api, tenants, env.DEFAULT_TENANT_ID);
    if (loki) pushRequestLines(api, loki);
    addUserRoutes(api, createUserUseCases(database, cache, createHighloadMetrics(metrics)));
  },
  { prefix: "/api/v1" },
);
const lifecycle = createLifecycle({
  logger,
  hooks: [
    { name: "telemetry", stop: () => Promise.all([tracing.close(), loki?.close()]) },
    { name: "database", check: database.check, stop: database.close },
    { name: "cache", check: cache.check, stop: cache.close },
    { name: "http", start: () => http.listen({ host: env.HOST, port: env.PORT }), stop: () => http.close() },
  ],
});
addHealthRoutes(http, lifecycle);
lifecycle.stopOnSignals();
await lifecycle.start();

function withoutMetrics(): Metrics {
  const metric: object = { inc() {}, dec() {}, set() {}, observe() {}, labels: () => metric };
  return {
    registry: new Registry(),
    counter: () => metric,
    gauge: () => metric,
    histogram: () => metric,
  } as unknown as Metrics;
}
