import assert from "node:assert/strict";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { requireTenant } from "@plinth/kit/http/tenant.ts";
import { createSilentHttpServer } from "../../../../support/kit/silent-http-server.ts";

describe("tenant of a request", () => {
  it("forbids caches to store one tenant's answers (PLT-7)", async () => {
    const http = await createSilentHttpServer();
    await http.register(async (scope: HttpServer) => {
      requireTenant(scope, { knows: (tenant) => tenant === 1 });
      scope.get("/own", () => ({}));
    });
    const answers = await Promise.all(
      ["1", "2", "none"].map((tenant) => http.inject({ url: "/own", headers: { "x-tenant-id": tenant } })),
    );
    assert.deepEqual(
      answers.map(({ statusCode, headers }) => [statusCode, headers["cache-control"]]),
      [200, 400, 400].map((status) => [status, "no-store"]),
    );
  });
});
