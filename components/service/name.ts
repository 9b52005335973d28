import { matching, type RuleOptions } from "@plinth/local/validation/rules.ts";

/**
 * Processes, components, cluster objects, addresses and database schemas of the platform: a service
 * of that name would take their place. A cluster has more that begin so, such as `redis-auth`.
 */
const RESERVED_NAMES = [
  "kafka",
  "platform",
  "postgres",
  "postgresql",
  "public",
  "schema-registry",
  "schemas",
  "supervisor",
  "tenants",
];
const RESERVED_PREFIXES = ["citus", "gateway", "redis", "redpanda"];
const reserved = [...RESERVED_NAMES, ...RESERVED_PREFIXES.map((prefix) => `${prefix}(-.*)?`)].join("|");

/** What a service may be called: also a process, a DNS label and a database schema. */
export const serviceName = (options: RuleOptions = {}) =>
  matching(
    new RegExp(`^(?!(${reserved})$)[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`),
    `lower-case letters, digits and dashes in between, 40 at most, and none of the platform's own: ${RESERVED_NAMES.join(", ")}, nor ${RESERVED_PREFIXES.join(", ")} or what begins so`,
    options,
  );
