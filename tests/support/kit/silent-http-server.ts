import { createLogger } from "@plinth/kit/core/logger.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";

export const silentLogger = createLogger({ service: "test", version: "1", level: "silent" });

/** An HTTP server of the kit that logs nothing and has no routes yet. */
export function createSilentHttpServer(): Promise<HttpServer> {
  return createHttpServer({
    title: "Test",
    description: "For tests",
    version: "1",
    logger: silentLogger,
    metrics: createMetrics("test", "1"),
  });
}
