import type { Redis } from "ioredis";
import { kitError } from "../core/errors.ts";
import type { HttpServer } from "./fastify.ts";

export interface RateLimitSettings {
  /** Counts the requests of all replicas together. */
  redis: Redis;
  /** Requests within the window, of one tenant or, without tenants, of one address. */
  maxRequests: number;
  /** Length of the window. @default 60 */
  windowSeconds?: number;
}

/**
 * Limits the routes that are added to `scope` from now on. A request beyond the limit gets 429
 * `rate_limited` with `Retry-After`. Call it after `requireTenant`; otherwise it counts addresses
 * instead of tenants. While Redis is away nothing is limited: a lost counter must not be an outage.
 */
export async function addRateLimit(
  scope: HttpServer,
  { redis, maxRequests, windowSeconds = 60 }: RateLimitSettings,
): Promise<void> {
  const { default: rateLimit } = await import("@fastify/rate-limit");
  await scope.register(rateLimit, {
    redis,
    max: maxRequests,
    timeWindow: windowSeconds * 1000,
    nameSpace: "rate:",
    skipOnError: true,
    // RateLimit-Limit, -Remaining and -Reset of the IETF's draft, in seconds.
    enableDraftSpec: true,
    keyGenerator: ({ tenantId, ip }) => (tenantId ? `tenant:${tenantId}` : `address:${ip}`),
    errorResponseBuilder: (_request, { after }) =>
      kitError("rate_limited", `More than ${maxRequests} requests within ${windowSeconds} s; try again in ${after}.`),
  });
}
