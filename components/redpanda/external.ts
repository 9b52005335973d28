import { httpUrl, object } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import * as pulumi from "@pulumi/pulumi";
import type { Static } from "typebox";
import type { Endpoint } from "../base/endpoint.ts";

/**
 * Brokers that speak Kafka's protocol without TLS and authentication, and a registry that speaks
 * Confluent's API, both outside of the stack.
 */
export const externalBrokerRule = object({
  brokers: Type.Array(Type.String({ pattern: "^[^\\s:]+:\\d+$" }), {
    minItems: 1,
    expected: "a list of addresses such as 'broker-1.example.com:9092'",
    description: "`host:port` of each",
  }),
  schemaRegistryUrl: httpUrl({
    encryptable: true,
    description: "with `--secret` on the whole key where it holds a password",
  }),
});

export type ExternalBroker = Static<typeof externalBrokerRule>;

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
