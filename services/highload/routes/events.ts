import type { HttpServer } from "@plinth/kit/http/fastify.ts";
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
      const context = { tenantId: request.tenantId, correlationId: request.id };
      return reply.code(201).send(await useCases.create(context, { user_id: user_id.toLowerCase(), type, data }));
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
