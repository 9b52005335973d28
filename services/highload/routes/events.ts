import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { markReplayed } from "@plinth/kit/http/idempotency.ts";
import { nextPageLink, parsePage } from "../page.ts";
import type { EventUseCases } from "../use-cases/events.ts";
import { event, events, idPath, newEvent, pageQuery } from "./schemas.ts";

/** `POST /events`, `GET /events`, `GET /events/{id}`. */
export function addEventRoutes(server: HttpServer, useCases: EventUseCases): void {
  server.post(
    "/events",
    {
      schema: {
        operationId: "reportEvent",
        summary: "Report an event",
        description: "Takes an event of a user and publishes it; it is processed soon after.",
        body: newEvent,
        response: { 201: event },
      },
    },
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
    {
      schema: {
        operationId: "listEvents",
        summary: "List events",
        description: "Lists the tenant's events, newest first.",
        querystring: pageQuery,
        response: { 200: events },
      },
    },
    async (request, reply) => {
      const page = parsePage(request.query);
      const { items, last } = await useCases.list(request.tenantId, page);
      if (last) reply.header("link", nextPageLink(page.limit, last));
      return items;
    },
  );

  server.get(
    "/events/:id",
    {
      schema: {
        operationId: "readEvent",
        summary: "Read an event",
        description: "Reads one event, and when it was processed.",
        params: idPath,
        response: { 200: event },
      },
      config: { refusals: [404] },
    },
    (request) => useCases.read(request.tenantId, request.params.id.toLowerCase()),
  );
}
