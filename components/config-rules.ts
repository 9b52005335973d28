import { amount, isRecord, isText, listOf, oneOf, optional, type Rule, wholeNumber } from "./fields.ts";

const address: Rule = [(value) => typeof value === "string" && /^[^\s/@:]+$/.test(value), "a host name or address"];
const port = optional(wholeNumber(1, 65_535));
const flag: Rule = [(value) => typeof value === "boolean", "true or false"];
const anything: Rule = [() => true, "anything"];
const url: Rule = [
  (value) => typeof value === "string" && /^https?:\/\//.test(value) && URL.canParse(value),
  "a URL that begins with http:// or https://",
];
const oddCount: Rule = [
  (value) => Number.isInteger(value) && Number(value) > 0 && Number(value) < 100 && Number(value) % 2 === 1,
  "1, or an odd number up to 99: an even one bears the loss of no more",
];
const hostAndPort: Rule = [
  (value) => Array.isArray(value) && value.length > 0 && value.every((one) => /^[^\s:]+:\d+$/.test(String(one))),
  "a list of addresses such as 'broker-1.example.com:9092'",
];
const digested: Rule = [
  (value) => isRecord(value) && Object.values(value).every((image) => /@sha256:[0-9a-f]{64}$/.test(String(image))),
  "images by service, each with its digest, as in 'registry.example.com/wallet@sha256:…'",
];

/** What the structured keys may hold, and what a nested object of theirs may. */
export const structured: Record<string, Record<string, Rule>> = {
  citus: { workers: optional(wholeNumber(1, 999)), storage: optional(amount), exporter: optional(flag), external: anything },
  "citus.external": {
    host: address,
    port,
    database: optional([isText, "a name"]),
    user: optional([isText, "a name"]),
    tls: optional(oneOf("disable", "require", "verify-full")),
  },
  redpanda: {
    brokers: optional(oddCount),
    storage: optional(amount),
    console: optional(flag),
    external: anything,
  },
  "redpanda.external": { brokers: hostAndPort, schemaRegistryUrl: url },
  redis: {
    memoryMiB: optional(wholeNumber(16, 1_048_576)),
    eviction: optional(oneOf("allkeys-lfu", "allkeys-lru", "volatile-lfu", "volatile-lru", "volatile-ttl", "noeviction")),
    persistence: optional(oneOf("none", "appendonly")),
    storage: optional(amount),
    flavour: optional(oneOf("valkey", "redis")),
    external: anything,
  },
  "redis.external": { host: address, port, tls: optional(flag) },
  services: { minReplicas: optional(wholeNumber(1, 1000)), maxReplicas: optional(wholeNumber(1, 1000)) },
  gateway: {
    domain: address,
    tlsSecret: [isText, "the name of a Secret of type kubernetes.io/tls"],
    className: optional([isText, "a name"]),
    proxies: optional([isText, "a namespace"]),
    requestsPerSecond: optional(wholeNumber(1, 1_000_000)),
  },
};

export const digestedImages = digested;
export const destroyableParts = listOf("citus", "redpanda", "redis");
