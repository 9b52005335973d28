import * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../service/environment.ts";

/** A PostgreSQL with Citus, or without, that somebody else runs. */
export interface ExternalDatabase {
  host: string;
  /** @default 5432 */
  port?: number;
  /** @default "app" */
  database?: string;
  /** No superuser, or row-level security does not hold. @default "app" */
  user?: string;
  /** By libpq's names. @default "verify-full" */
  tls?: "disable" | "require" | "verify-full";
}

/**
 * Brokers that speak Kafka's protocol without TLS and authentication, and a registry that speaks
 * Confluent's.
 */
export interface ExternalBroker {
  /** `host:port` of each. */
  brokers: string[];
  /**
   * `https://host` or `http://host:port`; user and password may stand in it only where the
   * configuration is secret.
   */
  schemaRegistryUrl: string;
}

/** A server that speaks the Redis protocol. */
export interface ExternalCache {
  host: string;
  /** @default 6379 */
  port?: number;
  /** @default true */
  tls?: boolean;
}

export function externalDatabaseEndpoint(given: ExternalDatabase, password: pulumi.Input<string>): Endpoint {
  const { host, port = 5432, database = "app", user = "app", tls = "verify-full" } = given;
  const secret = pulumi.secret(password).apply(encodeURIComponent);
  return {
    url: pulumi.interpolate`postgresql://${encodeURIComponent(user)}:${secret}@${host}:${port}/${database}?sslmode=${tls}`,
    secret: true,
    externalPorts: [port],
  };
}

export function externalBrokerEndpoints({ brokers, schemaRegistryUrl }: ExternalBroker): {
  endpoint: Endpoint;
  registry: Endpoint;
} {
  const registry = new URL(schemaRegistryUrl);
  const secret = registry.password !== "";
  return {
    endpoint: {
      url: pulumi.output(brokers.join(",")),
      secret: false,
      externalPorts: [...new Set(brokers.map((one) => Number(one.split(":").at(-1))))],
    },
    registry: {
      url: secret ? pulumi.secret(schemaRegistryUrl) : pulumi.output(schemaRegistryUrl),
      secret,
      externalPorts: [Number(registry.port) || (registry.protocol === "https:" ? 443 : 80)],
    },
  };
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
