import type { Rule } from "./fields.ts";

/**
 * Processes, components, objects of the cluster, addresses and database schemas of the platform's own: a service of that name would take their place.
 * A cluster has more that begin so, such as `redis-auth`.
 */
const WHOLE = ["kafka", "platform", "postgres", "postgresql", "public", "schema-registry", "schemas", "supervisor", "tenants"];
const BEGINNINGS = ["citus", "gateway", "redis", "redpanda"];

/** What a service may be called: also a process, a DNS label and a database schema. */
export const serviceName: Rule = [
  (value) => typeof value === "string" && /^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$/.test(value) && !belongsToThePlatform(value),
  `lower-case letters, digits and dashes in between, 40 at most, and none of the platform's own: ${WHOLE.join(", ")}, nor ${BEGINNINGS.join(", ")} or what begins so`,
];

function belongsToThePlatform(name: string): boolean {
  return WHOLE.includes(name) || BEGINNINGS.some((own) => name === own || name.startsWith(`${own}-`));
}
