import { matching, type RuleOptions } from "@plinth/local/validation/rules.ts";

/**
 * Names of the platform's processes, components, cluster objects, addresses and database schemas: a
 * service of that name would replace one. In a cluster more names start with a prefix, such as
 * `redis-auth`.
 */
const RESERVED_NAMES = [
  "alertmanager",
  "alloy",
  "elasticsearch",
  "grafana",
  "jaeger",
  "kafka",
  "kibana",
  "kube-state-metrics",
  "loki",
  "node-exporter",
  "pgadmin",
  "platform",
  "postgres",
  "postgresql",
  "prometheus",
  "public",
  "redisinsight",
  "schema-registry",
  "schemas",
  "supervisor",
  "tempo",
  "tenants",
  "victoria-logs",
  "victoria-metrics",
  "vmalert",
];
const RESERVED_PREFIXES = ["citus", "gateway", "observability", "redis", "redpanda"];
const reserved = [...RESERVED_NAMES, ...RESERVED_PREFIXES.map((prefix) => `${prefix}(-.*)?`)].join("|");

/** A service's name, which also names its process, its DNS label and its database schema. */
export const serviceName = (options: RuleOptions = {}) =>
  matching(
    new RegExp(`^(?!(${reserved})$)[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`),
    "lower-case letters, digits and dashes in between, 40 at most, and none of the platform's own: " +
      `${RESERVED_NAMES.join(", ")}, nor ${RESERVED_PREFIXES.join(", ")} or a name that begins with one of these and a dash`,
    options,
  );
