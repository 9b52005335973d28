import type { Cache } from "../cache/cache.ts";
import type { TenantDirectory } from "../core/tenant.ts";
import type { Database } from "./database.ts";

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
