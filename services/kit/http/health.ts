import type { Lifecycle } from "../core/lifecycle.ts";
import type { HttpServer } from "./fastify.ts";

/**
 * `/health`: the process answers. `/ready`: so does everything it needs; 503 names what does not.
 */
export function addHealthRoutes(server: HttpServer, lifecycle: Lifecycle): void {
  server.get("/health", { schema: { hide: true } }, () => ({ status: "ok" }));
  server.get("/ready", { schema: { hide: true } }, async (_request, reply) => {
    const readiness = await lifecycle.readiness();
    return reply.code(readiness.status === "ready" ? 200 : 503).send(readiness);
  });
}
