import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { markReplayed } from "@plinth/kit/http/idempotency.ts";
import { nextPageLink, parsePage } from "../page.ts";
import type { UserUseCases } from "../use-cases/users.ts";
import { idPath, newUser, noContent, pageQuery, user, userChange, users } from "./schemas.ts";

/** `POST /users`, `GET /users`, `GET /users/{id}`, `PUT /users/{id}`, `DELETE /users/{id}`. */
export function addUserRoutes(server: HttpServer, useCases: UserUseCases): void {
  server.post(
    "/users",
    {
      schema: {
        operationId: "createUser",
        summary: "Create a user",
        description: "Registers a user. An address, however it is written, is one user of a tenant.",
        body: newUser,
        response: { 201: user },
      },
      config: { refusals: [409] },
    },
    async (request, reply) => reply.code(201).send(markReplayed(reply, await useCases.create(request, request.body))),
  );

  server.get(
    "/users",
    {
      schema: {
        operationId: "listUsers",
        summary: "List users",
        description: "Lists the tenant's users, newest first.",
        querystring: pageQuery,
        response: { 200: users },
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
    "/users/:id",
    {
      schema: {
        operationId: "readUser",
        summary: "Read a user",
        description: "Reads one user, from the cache if it is there.",
        params: idPath,
        response: { 200: user },
      },
      config: { refusals: [404] },
    },
    (request, reply) => {
      reply.header("content-type", "application/json; charset=utf-8");
      // The cache holds JSON, which needs no parsing. Only the documentation uses the route's type.
      return useCases.read(request.tenantId, request.params.id.toLowerCase()) as Promise<never>;
    },
  );

  server.put(
    "/users/:id",
    {
      schema: {
        operationId: "changeUser",
        summary: "Change a user",
        description: "Changes the given fields; absent ones stay as they are.",
        params: idPath,
        body: userChange,
        response: { 200: user },
      },
      config: { refusals: [404, 409] },
    },
    async (request, reply) =>
      markReplayed(reply, await useCases.change(request, request.params.id.toLowerCase(), request.body)),
  );

  server.delete(
    "/users/:id",
    {
      schema: {
        operationId: "removeUser",
        summary: "Remove a user",
        description: "Removes a user; its events stay.",
        params: idPath,
        response: { 204: noContent },
      },
      config: { refusals: [404] },
    },
    async (request, reply) => {
      markReplayed(reply, await useCases.remove(request, request.params.id.toLowerCase()));
      return reply.code(204).send(null);
    },
  );
}
