import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { markReplayed } from "@plinth/kit/http/idempotency.ts";
import { parsePage } from "../page.ts";
import type { EventUseCases } from "../use-cases/events.ts";
import { event, events, idPath, newEvent, pageQuery } from "./schemas.ts";

/** `POST /events`, `GET /events`, `GET /events/{id}`. */
export function addEventRoutes(server: HttpServer, useCases: EventUseCases): void {
  server.post(
    "/events",
    { schema: { summary: "Report an event", body: newEvent, response: { 201: event } } },
    async (request, reply) => {
      const { user_id, type, data } = request.body;
      const { tenantId, id: correlationId, idempotencyKey } = request;
      const created = await useCases.create(
        { tenantId, correlationId, idempotencyKey },
        { user_id: user_id.toLowerCase(), type, data },
      );
      return reply.code(201).send(markReplayed(reply, created));
    },
  );

  server.get(
    "/events",
    { schema: { summary: "List events", querystring: pageQuery, response: { 200: events } } },
    (request) => useCases.list(request.tenantId, parsePage(request.query)),
  );

  server.get(
    "/events/:id",
    { schema: { summary: "Read an event", params: idPath, response: { 200: event } } },
    (request) => useCases.read(request.tenantId, request.params.id.toLowerCase()),
  );
}
