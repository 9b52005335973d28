import type { Redis } from "ioredis";
import { kitError } from "../core/errors.ts";
import type { HttpServer } from "./fastify.ts";

export interface RateLimitSettings {
  /** Where the requests are counted, for all replicas together. */
  redis: Redis;
  /** Requests of one tenant, or of one address where a request has no tenant, within the window. */
  maxRequests: number;
  /** Length of the window. @default 60 */
  windowSeconds?: number;
}

/**
 * The routes that `scope` gets from now on answer 429 `rate_limited`, with `Retry-After`, to what
 * goes beyond. Call it after `requireTenant`, or each address counts instead of each tenant. While
 * Redis is away nothing is limited: a lost counter must not be an outage.
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
