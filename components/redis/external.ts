import { defaulted, withDefaults } from "@plinth/local/validation/defaults.ts";
import { flag, hostName, object, tcpPort } from "@plinth/local/validation/rules.ts";
import * as pulumi from "@pulumi/pulumi";
import type { Static } from "typebox";
import type { Endpoint } from "../base/endpoint.ts";

/** A server outside of the stack that speaks the Redis protocol. */
export const externalCacheRule = object({
  host: hostName(),
  port: defaulted(tcpPort(), { default: 6379 }),
  tls: defaulted(flag(), { default: true }),
});

export type ExternalCache = Static<typeof externalCacheRule>;

export function externalCacheEndpoint(external: ExternalCache, password: pulumi.Input<string> | undefined): Endpoint {
  const { host, port, tls } = withDefaults(externalCacheRule, external, "development");
  const scheme = tls ? "rediss" : "redis";
  const login =
    password === undefined ? "" : pulumi.interpolate`:${pulumi.secret(password).apply(encodeURIComponent)}@`;
  return {
    url: pulumi.interpolate`${scheme}://${login}${host}:${port}`,
    secret: password !== undefined,
    externalPorts: [port],
  };
}
