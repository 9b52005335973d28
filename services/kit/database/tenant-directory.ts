import type { Cache } from "../cache/cache.ts";
import type { TenantDirectory } from "../core/tenant.ts";
import type { Database } from "./database.ts";

/** How long this process remembers that a tenant exists. */
const PROCESS_CACHE_MS = 10_000;
/**
 * How long all replicas remember it. Unknown tenants are not remembered: one may be created soon.
 */
const CACHE_SECONDS = 30;

/** Looks up tenants in the table `tenants`, through the cache if there is one. */
export function createTenantDirectory(database: Database, cache?: Cache): TenantDirectory {
  const knownUntil = new Map<number, number>();
  const query = async (tenantId: number) => {
    const { rowCount } = await database.query({
      name: "tenant-exists",
      text: "select 1 from tenants where id = $1",
      values: [tenantId],
    });
    return rowCount === 1 ? "1" : undefined;
  };
  const lookUp = async (tenantId: number) => {
    const row = cache
      ? await cache.getOrLoad(`tenant:${tenantId}`, CACHE_SECONDS, () => query(tenantId))
      : await query(tenantId);
    if (row === undefined) knownUntil.delete(tenantId);
    else knownUntil.set(tenantId, performance.now() + PROCESS_CACHE_MS);
    return row !== undefined;
  };
  return { knows: (tenantId) => (knownUntil.get(tenantId) ?? 0) > performance.now() || lookUp(tenantId) };
}
