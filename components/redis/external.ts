import * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../base/endpoint.ts";

/** A server outside of the stack that speaks the Redis protocol. */
export interface ExternalCache {
  host: string;
  /** @default 6379 */
  port?: number;
  /** @default true */
  tls?: boolean;
}

export function externalCacheEndpoint(
  { host, port = 6379, tls = true }: ExternalCache,
  password: pulumi.Input<string> | undefined,
): Endpoint {
  const scheme = tls ? "rediss" : "redis";
  const login =
    password === undefined ? "" : pulumi.interpolate`:${pulumi.secret(password).apply(encodeURIComponent)}@`;
  return {
    url: pulumi.interpolate`${scheme}://${login}${host}:${port}`,
    secret: password !== undefined,
    externalPorts: [port],
  };
}
