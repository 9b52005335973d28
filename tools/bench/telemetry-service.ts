import { createCache } from "@plinth/kit/cache.ts";
import { createDatabase } from "@plinth/kit/database.ts";
import { createHttp, type HttpServer } from "@plinth/kit/http.ts";
import { createLifecycle, healthRoutes } from "@plinth/kit/lifecycle.ts";
import { createLogger } from "@plinth/kit/logger.ts";
import { createTelemetry, type Telemetry } from "@plinth/kit/telemetry.ts";
import { requireTenant, tenantDirectory } from "@plinth/kit/tenant.ts";
import { createTracing, untraced } from "@plinth/kit/tracing.ts";
import { Registry } from "prom-client";
import { highloadEnv } from "../../services/highload/env.ts";
import { userRoutes } from "../../services/highload/routes/users.ts";
import { userRepository } from "../../services/highload/user-repository.ts";

/**
 * The users of the high-load service, with metrics, logs and traces (`on`) or without any (`off`): a process that `telemetry.ts` measures.
 * No service can be started without: there is nothing to be won by it.
 */
const on = process.argv[2] === "on";
const env = highloadEnv();
const { SERVICE_NAME: service, VERSION: version } = env;
const logger = createLogger({ service, version, level: on ? "info" : "silent" });
const telemetry = on ? createTelemetry(service, version) : withoutMetrics();
const tracing = on
  ? createTracing({ service, version, endpoint: env.OTEL_EXPORTER_OTLP_ENDPOINT, ratio: env.OTEL_TRACES_SAMPLER_ARG, logger, telemetry })
  : untraced;
const database = createDatabase({ url: env.DATABASE_URL, logger, name: service, ...(on && { telemetry, tracing }) });
const cache = createCache({ url: env.REDIS_URL, prefix: `${service}:`, logger, telemetry });
const http = await createHttp({ title: "Users", description: "", version, logger, telemetry, tracing });
await http.register(
  async (api: HttpServer) => {
    requireTenant(api, tenantDirectory(database, cache), env.DEFAULT_TENANT_ID);
    userRoutes(api, userRepository(database, cache));
  },
  { prefix: "/api/v1" },
);
const lifecycle = createLifecycle({
  logger,
  parts: [
    { name: "tracing", stop: tracing.close },
    { name: "database", check: database.check, stop: database.close },
    { name: "cache", check: cache.check, stop: cache.close },
    { name: "http", start: () => http.listen({ host: env.HOST, port: env.PORT }), stop: () => http.close() },
  ],
});
healthRoutes(http, lifecycle);
lifecycle.stopOnSignals();
await lifecycle.start();

function withoutMetrics(): Telemetry {
  const metric: object = { inc() {}, dec() {}, set() {}, observe() {}, labels: () => metric };
  return { registry: new Registry(), counter: () => metric, gauge: () => metric, histogram: () => metric } as unknown as Telemetry;
}
