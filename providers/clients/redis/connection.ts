import { UserError } from "@plinth/local/user-error.ts";
import type { Redis } from "ioredis";
import { isLostConnection, redactUrl } from "../errors.ts";
import type { ClusterAccess } from "../kubernetes/access.ts";
import type { PortForwarder } from "../kubernetes/port-forward/forwarder.ts";
import { withPortForwarder } from "../kubernetes/port-forward/with-forwarder.ts";
import { requestServer } from "../retry.ts";
import { answerWithin } from "../timeout.ts";

/** Where a cache is. */
export interface CacheAddress {
  /** `redis://[user:password@]host:port`, or `rediss://` for TLS. */
  cacheUrl: string;
  /** Where hosts like `redis.dev-infra.svc` are. */
  cluster?: ClusterAccess | undefined;
}

/**
 * Runs `work` on one connection, and again from its start when the connection breaks or the server
 * is still starting, until the deadline. So `work` must be safe to repeat. Throws a
 * {@link UserError} that names the cache without its password, an `UnreachableError` once the
 * deadline has passed.
 */
export async function withRedis<T>(
  { cacheUrl, cluster }: CacheAddress,
  deadlineMs: number,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const host = URL.canParse(cacheUrl) ? new URL(cacheUrl).hostname : "";
  return withPortForwarder(cluster, [host], (forwarder) => withConnection(cacheUrl, forwarder, deadlineMs, work));
}

async function withConnection<T>(
  url: string,
  forwarder: PortForwarder | undefined,
  deadlineMs: number,
  work: (redis: Redis) => Promise<T>,
): Promise<T> {
  const { AbstractConnector, Redis: RedisClient } = await import("ioredis");
  const { protocol, hostname, port } = new URL(url);
  if (forwarder && protocol === "rediss:")
    throw new UserError(
      `the cache ${redactUrl(url)} wants TLS, but a port-forward is encrypted by the API server: give it as redis://`,
    );
  class Connector extends AbstractConnector {
    async connect() {
      return forwarder!.connect(hostname, Number(port || 6379));
    }
  }
  const isTransient = (error: unknown) => forwarder?.fatalError() === undefined && isTransientCacheError(error);
  return requestServer({ server: `the cache ${redactUrl(url)}`, deadlineMs, isTransient }, async (remainingMs) => {
    const patienceMs = Math.min(remainingMs, SILENCE_MS);
    const redis = new RedisClient(url, {
      lazyConnect: true,
      connectionName: "plinth",
      connectTimeout: patienceMs,
      commandTimeout: patienceMs,
      // The check asks for INFO, which an administrator of users may lack the right to;
      // `requestServer` waits for a server that is still loading.
      enableReadyCheck: false,
      // `requestServer` alone retries.
      retryStrategy: () => null,
      maxRetriesPerRequest: 0,
      ...(forwarder && { Connector: Connector as never }),
    });
    // The client rejects with "Connection is closed." and only emits the reason.
    let reason: Error | undefined;
    redis.on("error", (error: Error) => {
      reason ??= error;
    });
    try {
      // Its own timeout ends with the TCP connection; a password and TLS wait for answers as well.
      await answerWithin(patienceMs, redis.connect());
      return await work(redis);
    } catch (error) {
      throw error instanceof Error && error.message === CONNECTION_CLOSED ? (reason ?? error) : error;
    } finally {
      redis.disconnect();
    }
  });
}

/** Milliseconds without the answer to a command, however many there are. */
const SILENCE_MS = 5_000;

const CONNECTION_CLOSED = "Connection is closed.";

/**
 * True if another try could help: the connection broke, or the server is loading its data or
 * running a script.
 */
export function isTransientCacheError(error: unknown): boolean {
  if (error instanceof UserError || !(error instanceof Error)) return false;
  return (
    isLostConnection(error) ||
    /^(LOADING|BUSY|MASTERDOWN|TRYAGAIN) |^Connection is closed\.$|^connect ETIMEDOUT$|^Command timed out$/.test(
      error.message,
    )
  );
}

/**
 * What is wrong with the URL, in a sentence without its password; undefined if the client can read
 * it.
 */
export function cacheUrlError(url: string): string | undefined {
  if (!URL.canParse(url)) return "cacheUrl is not a URL: redis://host:6379 is needed";
  const { protocol, hostname } = new URL(url);
  if (protocol !== "redis:" && protocol !== "rediss:")
    return `cacheUrl begins with ${protocol}//, but redis:// or rediss:// is needed`;
  return hostname === "" ? "cacheUrl names no host: redis://host:6379 is needed" : undefined;
}
