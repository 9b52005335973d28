import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { markReplayed } from "@plinth/kit/http/idempotency.ts";
import { parsePage } from "../page.ts";
import type { UserUseCases } from "../use-cases/users.ts";
import { idPath, newUser, pageQuery, user, userChange, users } from "./schemas.ts";

/** `POST /users`, `GET /users`, `GET /users/{id}`, `PUT /users/{id}`, `DELETE /users/{id}`. */
export function addUserRoutes(server: HttpServer, useCases: UserUseCases): void {
  server.post(
    "/users",
    { schema: { summary: "Create a user", body: newUser, response: { 201: user } } },
    async (request, reply) => reply.code(201).send(markReplayed(reply, await useCases.create(request, request.body))),
  );

  server.get(
    "/users",
    { schema: { summary: "List users", querystring: pageQuery, response: { 200: users } } },
    (request) => useCases.list(request.tenantId, parsePage(request.query)),
  );

  server.get(
    "/users/:id",
    { schema: { summary: "Read a user", params: idPath, response: { 200: user } } },
    (request, reply) => {
      reply.header("content-type", "application/json; charset=utf-8");
      // The cache holds JSON, which needs no parsing. Only the documentation uses the route's type.
      return useCases.read(request.tenantId, request.params.id.toLowerCase()) as Promise<never>;
    },
  );

  server.put(
    "/users/:id",
    { schema: { summary: "Change a user", params: idPath, body: userChange, response: { 200: user } } },
    async (request, reply) =>
      markReplayed(reply, await useCases.change(request, request.params.id.toLowerCase(), request.body)),
  );

  server.delete("/users/:id", { schema: { summary: "Remove a user", params: idPath } }, async (request, reply) => {
    markReplayed(reply, await useCases.remove(request, request.params.id.toLowerCase()));
    return reply.code(204).send();
  });
}
