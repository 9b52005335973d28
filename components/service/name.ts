import type { Rule } from "../base/validation.ts";

/**
 * Processes, components, objects of the cluster, addresses and database schemas of the platform's
 * own: a service of that name would take their place. A cluster has more that begin so, such as
 * `redis-auth`.
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

/** What a service may be called: also a process, a DNS label and a database schema. */
export const serviceNameRule: Rule = [
  (value) => typeof value === "string" && /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(value) && !isReserved(value),
  `lower-case letters, digits and dashes in between, 40 at most, and none of the platform's own: ${RESERVED_NAMES.join(", ")}, nor ${RESERVED_PREFIXES.join(", ")} or what begins so`,
];

function isReserved(name: string): boolean {
  return RESERVED_NAMES.includes(name) || RESERVED_PREFIXES.some((own) => name === own || name.startsWith(`${own}-`));
}
