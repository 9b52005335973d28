import { UserError } from "@plinth/local/user-error.ts";
import type { Redis } from "ioredis";
import { UnreachableError } from "../../handlers/host/unreachable.ts";
import { errorReason, isLostConnection, redactUrl, retry } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { type PortForwarder, withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";

/** Where a cache is. */
export interface CacheAddress {
  /** `redis://[user:password@]host:port`, or `rediss://` for TLS. */
  cacheUrl: string;
  /** Reaches hosts like `redis.dev-infra.svc`. */
  cluster?: ClusterAccess | undefined;
}

/**
 * Runs `work` on one connection, and again from its start when the connection breaks or the server
 * is still starting, until the deadline. So `work` must be safe to repeat. Throws a
 * {@link UserError}, {@link UnreachableError} where the deadline has passed, that names the cache
 * without its password.
 */
export async function withRedis<T>(
  { cacheUrl, cluster }: CacheAddress,
  deadlineMs: number,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const host = URL.canParse(cacheUrl) ? new URL(cacheUrl).hostname : "";
  return withPortForwarder(cluster, [host], (tunnel) => withConnection(cacheUrl, tunnel, deadlineMs, work));
}

async function withConnection<T>(
  url: string,
  tunnel: PortForwarder | undefined,
  deadlineMs: number,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const { AbstractConnector, Redis: RedisClient } = await import("ioredis");
  const { protocol, hostname, port } = new URL(url);
  if (tunnel && protocol === "rediss:")
    throw new UserError(
      `the cache ${redactUrl(url)} wants TLS, but a port-forward is encrypted by the API server: give it as redis://`,
    );
  class Connector extends AbstractConnector {
    async connect() {
      return tunnel!.connect(hostname, Number(port || 6379));
    }
  }
  const transient = (error: unknown) => tunnel?.fatalError() === undefined && isTransientCacheError(error);
  return retry({ deadlineMs, isTransient: transient }, async (remainingMs) => {
    const redis = new RedisClient(url, {
      lazyConnect: true,
      connectionName: "plinth",
      connectTimeout: Math.min(remainingMs, 5_000),
      // It asks for INFO, which an administrator of users may not be allowed; `retrying` waits for
      // a server that still loads.
      enableReadyCheck: false,
      // Tries again are counted by `retrying` alone.
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      ...(tunnel && { Connector: Connector as never }),
    });
    // The client rejects with "Connection is closed."; why, it only announces.
    let reason: Error | undefined;
    redis.on("error", (error: Error) => {
      reason ??= error;
    });
    try {
      await redis.connect();
      return await work(redis);
    } catch (error) {
      throw error instanceof Error && error.message === CONNECTION_CLOSED ? (reason ?? error) : error;
    } finally {
      redis.disconnect();
    }
  }).catch((error: unknown) => {
    if (error instanceof UserError) throw error;
    const [Fault, waited] = isTransientCacheError(error)
      ? [UnreachableError, ` within ${Math.round(deadlineMs / 1000)} s`]
      : [UserError, ""];
    throw new Fault(`the cache ${redactUrl(url)} did not serve the request${waited}: ${errorReason(error)}`);
  });
}

const CONNECTION_CLOSED = "Connection is closed.";

/**
 * Another try could help: the connection broke, or the server is loading its data or running a
 * script.
 */
export function isTransientCacheError(error: unknown): boolean {
  if (error instanceof UserError || !(error instanceof Error)) return false;
  return (
    isLostConnection(error) ||
    /^(LOADING|BUSY|MASTERDOWN|TRYAGAIN) |^Connection is closed\.$|^connect ETIMEDOUT$/.test(error.message)
  );
}

/**
 * A URL that the client can read, or a sentence about what is wrong with it; the sentence never has
 * the password.
 */
export function cacheUrlError(url: string): string | undefined {
  if (!URL.canParse(url)) return "cacheUrl is not a URL: redis://host:6379 is needed";
  const { protocol, hostname } = new URL(url);
  if (protocol !== "redis:" && protocol !== "rediss:")
    return `cacheUrl begins with ${protocol}//, but redis:// or rediss:// is needed`;
  return hostname === "" ? "cacheUrl names no host: redis://host:6379 is needed" : undefined;
}
