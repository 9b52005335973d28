import { createHmac } from "node:crypto";

/**
 * What a tenant is called by the broker and by the cache: client id of its own Kafka connections,
 * and user of its own Redis connections.
 */
export function tenantName(id: number): string {
  return `tenant-${id}`;
}

/** The id in a {@link tenantName}; undefined for any other name. */
export function parseTenantName(name: string): number | undefined {
  const [, digits] = /^tenant-([1-9]\d{0,15})$/.exec(name) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/**
 * Every key and channel of a tenant's own starts with it, as in "t:10001:". The tenant comes first,
 * before the service: behind a wildcard it would be no boundary, since "t:2:t:1:x" also matches the
 * pattern "*t:1:*".
 */
export function tenantKeyPrefix(id: number): string {
  return `t:${id}:`;
}

/** The `X-Scope-OrgID` under which a tenant's logs are kept. */
export function tenantOrgId(id: number): string {
  return String(id);
}

/**
 * A tenant's password: 64 hexadecimal digits. One secret serves every tenant, and no password tells
 * of another or of the secret (RFC 2104).
 */
export function tenantPassword(secret: string, id: number): string {
  return createHmac("sha256", secret).update(String(id)).digest("hex");
}
