import { createHmac } from "node:crypto";

/**
 * A tenant's name: the client id of its Kafka connections, and the user of its Redis connections.
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
 * Prefix of a tenant's keys and channels, as in "t:10001:". The tenant comes before the service,
 * because a wildcard before it would open the boundary: "t:2:t:1:x" also matches "*t:1:*".
 */
export function tenantKeyPrefix(id: number): string {
  return `t:${id}:`;
}

/** The `X-Scope-OrgID` of a tenant's logs. */
export function tenantOrgId(id: number): string {
  return String(id);
}

/**
 * A tenant's password: 64 hexadecimal digits, derived from one secret. A password reveals neither
 * another one nor the secret (RFC 2104).
 */
export function tenantPassword(secret: string, id: number): string {
  return createHmac("sha256", secret).update(String(id)).digest("hex");
}
