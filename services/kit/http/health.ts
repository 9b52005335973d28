import type { Lifecycle } from "../core/lifecycle.ts";
import type { HttpServer } from "./fastify.ts";

/**
 * Adds `/health`, which answers while the process lives, and `/ready`, which answers 200 if all
 * dependencies do, and otherwise 503 with the ones that do not.
 */
export function addHealthRoutes(server: HttpServer, lifecycle: Lifecycle): void {
  server.get("/health", { schema: { hide: true } }, () => ({ status: "ok" }));
  server.get("/ready", { schema: { hide: true } }, async (_request, reply) => {
    const readiness = await lifecycle.readiness();
    return reply.code(readiness.status === "ready" ? 200 : 503).send(readiness);
  });
}
