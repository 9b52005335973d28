import type { Server } from "../../../base/endpoint.ts";
import { imageOf, type ObservabilityContext } from "../context.ts";
import { SECRETS_DIRECTORY, type ServerDefinition, yaml } from "../server.ts";

/** The stack's own server, or the ports of one outside of the cluster. */
export interface AdministeredServer {
  server?: Server | undefined;
  externalPorts?: number[] | undefined;
}

const small = { replicas: 1, resources: { requests: { cpu: "20m", memory: "192Mi" }, limits: { memory: "512Mi" } } };
const PGADMIN_PORT = 8080;
const REDISINSIGHT_PORT = 5540;

/** pgAdmin, reached by port-forward; it asks for the database's password (SHOP-9). */
export function pgAdminServer(
  context: ObservabilityContext,
  { server, externalPorts = [] }: AdministeredServer,
  password: ServerDefinition["secrets"],
): ServerDefinition {
  const known = server && {
    1: {
      Name: server.workload,
      Group: "plinth",
      Host: server.workload,
      Port: server.ports[0],
      MaintenanceDB: "app",
      Username: "app",
      SSLMode: "prefer",
    },
  };
  return {
    workload: "pgadmin",
    image: imageOf(context, "pgAdmin"),
    user: 5050,
    environment: {
      PGADMIN_DEFAULT_EMAIL: "admin@plinth.dev",
      PGADMIN_DEFAULT_PASSWORD_FILE: `${SECRETS_DIRECTORY}/password`,
      PGADMIN_LISTEN_PORT: String(PGADMIN_PORT),
      PGADMIN_SERVER_JSON_FILE: "/etc/pgadmin/servers.json",
      PGADMIN_CONFIG_UPGRADE_CHECK_ENABLED: "False",
    },
    ports: { http: PGADMIN_PORT },
    probes: { ready: "/misc/ping", live: "/misc/ping" },
    files: { directory: "/etc/pgadmin", texts: { "servers.json": yaml({ Servers: known ?? {} }) } },
    ...(password && { secrets: password }),
    size: small,
    data: "/var/lib/pgadmin",
    writableRoot: true,
    bindsLowPorts: true,
    uses: server ? [server] : [],
    outside: externalPorts,
  };
}

/** RedisInsight, reached by port-forward; it asks for the cache's password (SHOP-9). */
export function redisInsightServer(
  context: ObservabilityContext,
  { server, externalPorts = [] }: AdministeredServer,
): ServerDefinition {
  return {
    workload: "redisinsight",
    image: imageOf(context, "redisInsight"),
    user: 1000,
    environment: {
      RI_APP_PORT: String(REDISINSIGHT_PORT),
      ...(server && { RI_REDIS_HOST: server.workload, RI_REDIS_PORT: String(server.ports[0]) }),
    },
    ports: { http: REDISINSIGHT_PORT },
    probes: { ready: "/api/health/", live: "/api/health/" },
    size: small,
    data: "/data",
    writableRoot: true,
    uses: server ? [server] : [],
    outside: externalPorts,
  };
}
