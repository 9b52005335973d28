import { kitError } from "../core/errors.ts";
import { parseTenantId, type TenantDirectory } from "../core/tenant.ts";
import type { HttpServer } from "./fastify.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The tenant of the request; set on every route below {@link requireTenant}. */
    tenantId: number;
  }
}

/**
 * Every route of `scope` then has a tenant, named by `X-Tenant-Id` and checked before anything else
 * of the request is read.
 *
 * @param fallback tenant of the requests that name none. @default none: the header is required
 */
export function requireTenant(scope: HttpServer, tenants: TenantDirectory, fallback?: number): void {
  scope.decorateRequest("tenantId", 0);
  scope.addHook("onRequest", (request, reply, done) => {
    // One URL is something else for each tenant: a cache on the way that went by the URL would give
    // one tenant's answer to another.
    reply.header("cache-control", "no-store");
    const end = (tenantId: number, found: boolean) => {
      request.tenantId = tenantId;
      done(found ? undefined : kitError("tenant_unknown", `There is no tenant ${tenantId}.`));
    };
    try {
      const tenantId = parseTenantId(request.headers, fallback);
      const found = tenants.knows(tenantId);
      if (typeof found === "boolean") end(tenantId, found);
      else found.then((known) => end(tenantId, known), done);
    } catch (error) {
      done(error as Error);
    }
  });
}
