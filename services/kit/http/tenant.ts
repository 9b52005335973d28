import { kitError } from "../core/errors.ts";
import { parseTenantId, type TenantDirectory } from "../core/tenant.ts";
import { enterTenant } from "../core/trace-context.ts";
import type { HttpServer } from "./fastify.ts";

/**
 * Requires a tenant, named by `X-Tenant-Id`, on every route of `scope`. It is checked before
 * anything else of the request is read.
 *
 * @param fallback tenant of requests without the header. @default none: the header is required
 */
export function requireTenant(scope: HttpServer, tenants: TenantDirectory, fallback?: number): void {
  scope.addHook("onRoute", (route) => {
    route.config = { ...route.config, tenant: fallback === undefined ? "required" : "optional" };
  });
  scope.addHook("onRequest", (request, reply, done) => {
    // One URL has a different answer for each tenant: a cache between them would give one tenant's
    // answer to another.
    reply.header("cache-control", "no-store");
    const finish = (tenantId: number, isKnown: boolean) => {
      if (!isKnown) return done(kitError("tenant_unknown", `There is no tenant ${tenantId}.`));
      request.tenantId = tenantId;
      enterTenant(tenantId);
      done();
    };
    try {
      const tenantId = parseTenantId(request.headers, fallback);
      const known = tenants.knows(tenantId, request.ip);
      if (typeof known === "boolean") finish(tenantId, known);
      else known.then((isKnown) => finish(tenantId, isKnown), done);
    } catch (error) {
      done(error as Error);
    }
  });
}
