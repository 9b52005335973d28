import type { FastifyReply, FastifyRequest } from "fastify";
import type { HttpServer } from "./fastify.ts";

/**
 * Adds Swagger UI at `/swagger`, for the document at `/openapi.json`. The first request loads it:
 * it would take a tenth of a service's memory and of its start.
 */
export function addSwaggerRoutes(server: HttpServer): void {
  let viewer: ReturnType<typeof loadSwaggerUi> | undefined;
  const show = async ({ raw }: FastifyRequest, reply: FastifyReply) => {
    viewer ??= loadSwaggerUi(server.swagger());
    const { routing } = await viewer;
    reply.hijack();
    routing(raw, reply.raw);
  };
  server.get("/swagger", { schema: { hide: true } }, show);
  server.get("/swagger/*", { schema: { hide: true } }, show);
}

async function loadSwaggerUi(document: ReturnType<HttpServer["swagger"]>) {
  const [{ default: fastify }, { default: swagger }, { default: swaggerUi }] = await Promise.all([
    import("fastify"),
    import("@fastify/swagger"),
    import("@fastify/swagger-ui"),
  ]);
  const viewer = fastify();
  await viewer.register(swagger, { mode: "static", specification: { document: document as never } });
  await viewer.register(swaggerUi, { routePrefix: "/swagger" });
  await viewer.ready();
  return viewer;
}
