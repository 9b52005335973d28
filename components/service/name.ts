import { matching, type RuleOptions } from "@plinth/local/validation/rules.ts";

/**
 * Names of the platform's processes, components, cluster objects, addresses and database schemas: a
 * service of that name would replace one. In a cluster more names start with a prefix, such as
 * `redis-auth`.
 */
const RESERVED_NAMES = [
  "jaeger",
  "kafka",
  "platform",
  "postgres",
  "postgresql",
  "public",
  "schema-registry",
  "schemas",
  "supervisor",
  "tenants",
  "victoria-logs",
  "victoria-metrics",
  "vmalert",
];
const RESERVED_PREFIXES = [
  "alertmanager",
  "alloy",
  "citus",
  "elasticsearch",
  "gateway",
  "grafana",
  "kibana",
  "kube-state-metrics",
  "loki",
  "node-exporter",
  "observability",
  "pgadmin",
  "prometheus",
  "redis",
  "redisinsight",
  "redpanda",
  "tempo",
];
const reserved = [...RESERVED_NAMES, ...RESERVED_PREFIXES.map((prefix) => `${prefix}(-.*)?`)].join("|");

/** A service's name, which also names its process, its DNS label and its database schema. */
export const serviceName = (options: RuleOptions = {}) =>
  matching(
    new RegExp(`^(?!(${reserved})$)[a-z]([a-z0-9-]{0,38}[a-z0-9])?$`),
    "lower-case letters, digits and dashes in between, 40 at most, and none of the platform's own: kafka, postgres, " +
      "redis, loki, redis-… and others, which components/service/name.ts lists",
    options,
  );
