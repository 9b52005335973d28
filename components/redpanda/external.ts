import * as pulumi from "@pulumi/pulumi";
import type { Endpoint } from "../base/endpoint.ts";

/**
 * Brokers that speak Kafka's protocol without TLS and authentication, and a registry that speaks
 * Confluent's API, both outside of the stack.
 */
export interface ExternalBroker {
  /** `host:port` of each. */
  brokers: string[];
  /**
   * `https://host` or `http://host:port`; it may hold a user and a password only where the
   * configuration is secret.
   */
  schemaRegistryUrl: string;
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
      externalPorts: [...new Set(brokers.map((address) => Number(address.split(":").at(-1))))],
    },
    registry: {
      url: secret ? pulumi.secret(schemaRegistryUrl) : pulumi.output(schemaRegistryUrl),
      secret,
      externalPorts: [Number(registry.port) || (registry.protocol === "https:" ? 443 : 80)],
    },
  };
}
