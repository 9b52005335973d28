import {
  byteQuantity,
  isNonEmptyString,
  isRecord,
  listOf,
  oneOf,
  optional,
  type Rule,
  wholeNumber,
} from "../base/validation.ts";

const hostName: Rule = [(value) => typeof value === "string" && /^[^\s/@:]+$/.test(value), "a host name or address"];
const port = optional(wholeNumber(1, 65_535));
const booleanRule: Rule = [(value) => typeof value === "boolean", "true or false"];
const anyValue: Rule = [() => true, "anything"];
const url: Rule = [
  (value) => typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value),
  "a URL that begins with http:// or https://",
];
const oddCount: Rule = [
  (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 100 && Number(value) % 2 === 1,
  "1, or an odd number up to 99: an even one bears the loss of no more",
];
const brokerAddresses: Rule = [
  (value) => Array.isArray(value) && value.length > 0 && value.every((one) => /^[^\s:]+:\d+$/.test(String(one))),
  "a list of addresses such as 'broker-1.example.com:9092'",
];
const digested: Rule = [
  (value) => isRecord(value) && Object.values(value).every((image) => /@sha256:[0-9a-f]{64}$/.test(String(image))),
  "images by service, each with its digest, as in 'registry.example.com/wallet@sha256:…'",
];

/** What the structured keys may hold, and what a nested object of theirs may. */
export const structuredRules: Record<string, Record<string, Rule>> = {
  citus: {
    workers: optional(wholeNumber(1, 999)),
    storage: optional(byteQuantity),
    exporter: optional(booleanRule),
    external: anyValue,
  },
  "citus.external": {
    host: hostName,
    port,
    database: optional([isNonEmptyString, "a name"]),
    user: optional([isNonEmptyString, "a name"]),
    tls: optional(oneOf("disable", "require", "verify-full")),
  },
  redpanda: {
    brokers: optional(oddCount),
    storage: optional(byteQuantity),
    console: optional(booleanRule),
    external: anyValue,
  },
  "redpanda.external": { brokers: brokerAddresses, schemaRegistryUrl: url },
  redis: {
    memoryMiB: optional(wholeNumber(16, 1_048_576)),
    eviction: optional(
      oneOf("allkeys-lfu", "allkeys-lru", "volatile-lfu", "volatile-lru", "volatile-ttl", "noeviction"),
    ),
    persistence: optional(oneOf("none", "appendonly")),
    storage: optional(byteQuantity),
    flavour: optional(oneOf("valkey", "redis")),
    external: anyValue,
  },
  "redis.external": { host: hostName, port, tls: optional(booleanRule) },
  services: { minReplicas: optional(wholeNumber(1, 1000)), maxReplicas: optional(wholeNumber(1, 1000)) },
  gateway: {
    domain: hostName,
    tlsSecret: [isNonEmptyString, "the name of a Secret of type kubernetes.io/tls"],
    className: optional([isNonEmptyString, "a name"]),
    proxies: optional([isNonEmptyString, "a namespace"]),
    requestsPerSecond: optional(wholeNumber(1, 1_000_000)),
  },
};

export const imagesRule = digested;
export const destroyableRule = listOf("citus", "redpanda", "redis");
