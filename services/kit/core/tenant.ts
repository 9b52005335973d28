import type { IncomingHttpHeaders } from "node:http";
import { kitError } from "./errors.ts";

/** Knows which tenants exist and are not locked out. */
export interface TenantDirectory {
  /**
   * Answers without a promise for a tenant that was seen lately.
   *
   * @param address of the caller. An address that names many unknown tenants is refused with
   * `rate_limited`, after a delay. @default no limit
   */
  knows(tenantId: number, address?: string): boolean | Promise<boolean>;
}

/** Knows which tenants have left the configuration. */
export interface TenantLocks {
  /** True if the tenant's data stays, and nothing is done for it. */
  isLockedOut(tenantId: number): boolean | Promise<boolean>;
}

/**
 * The tenant that the header `X-Tenant-Id` names.
 *
 * @param fallback tenant of a request without the header; undefined if the header is required
 * @throws `tenant_required` or `tenant_invalid`
 */
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
