import type { IncomingHttpHeaders } from "node:http";
import type { Cache } from "../cache/cache.ts";
import { kitError } from "../core/errors.ts";
import type { Database } from "../database/database.ts";
import type { HttpServer } from "./server.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The tenant of the request; set on every route below {@link requireTenant}. */
    tenantId: number;
  }
}

/** Says which tenants there are. */
export interface TenantDirectory {
  /** At once for a tenant that was seen lately. */
  knows(tenantId: number): boolean | Promise<boolean>;
}

/** Milliseconds for which this process believes that a tenant exists without asking again. */
const PROCESS_CACHE_MS = 10_000;
/**
 * Seconds for which all replicas do. An unknown tenant is never remembered: it may be created the
 * next moment.
 */
const CACHE_SECONDS = 30;

/** Looks tenants up in the table `tenants`, through the cache when there is one. */
export function createTenantDirectory(database: Database, cache?: Cache): TenantDirectory {
  const known = new Map<number, number>();
  const look = async (tenantId: number) => {
    const { rowCount } = await database.query({
      name: "tenant-exists",
      text: "select 1 from tenants where id = $1",
      values: [tenantId],
    });
    return rowCount === 1 ? "1" : undefined;
  };
  const ask = async (tenantId: number) => {
    const found = cache
      ? await cache.getOrLoad(`tenant:${tenantId}`, CACHE_SECONDS, () => look(tenantId))
      : await look(tenantId);
    if (found === undefined) known.delete(tenantId);
    else known.set(tenantId, performance.now() + PROCESS_CACHE_MS);
    return found !== undefined;
  };
  return { knows: (tenantId) => (known.get(tenantId) ?? 0) > performance.now() || ask(tenantId) };
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

/** The tenant that a request names. @throws `tenant_required` or `tenant_invalid` */
export function parseTenantId(headers: IncomingHttpHeaders, fallback: number | undefined): number {
  const given = headers["x-tenant-id"];
  if (given === undefined && fallback !== undefined) return fallback;
  if (given === undefined || given === "")
    throw kitError("tenant_required", "The header X-Tenant-Id is missing: send the tenant's number.");
  const tenantId = typeof given === "string" && /^[1-9]\d{0,15}$/.test(given) ? Number(given) : Number.NaN;
  if (!Number.isSafeInteger(tenantId)) {
    throw kitError("tenant_invalid", `X-Tenant-Id must be a whole number from 1 to ${Number.MAX_SAFE_INTEGER}.`);
  }
  return tenantId;
}
