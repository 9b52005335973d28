import {
  imageOf,
  type ObservabilityContext,
  objectStorageAddress,
  objectStorageSecrets,
  otherGrafana,
  portOf,
} from "./context.ts";
import { peersService, type ServerDefinition, yaml } from "./server.ts";

export const LOKI = "loki";
export const LOKI_PORT = 3100;
const GOSSIP_PORT = 7946;
const GRPC_PORT = 9095;
/** The numeric user of the image. */
const LOKI_USER_ID = 10_001;
const DIRECTORY = "/var/loki";
/** Longer lines are cut. */
const MAX_LINE_SIZE = "256KB";

/**
 * Loki as one process, or as equal replicas that share object storage. Tenants are apart: a request
 * without `X-Scope-OrgID` gets 401.
 */
export function lokiServer(context: ObservabilityContext): ServerDefinition {
  const { objectStorage } = context.settings;
  const size = context.sizes.loki;
  const replicas = objectStorage ? size.replicas : 1;
  return {
    workload: LOKI,
    image: imageOf(context, "loki"),
    user: LOKI_USER_ID,
    args: ["-target=all", "-config.file=/etc/loki/loki.yaml"],
    ports: { http: LOKI_PORT },
    peerPorts: { gossip: GOSSIP_PORT, grpc: GRPC_PORT },
    probes: { ready: "/ready", live: "/loki/api/v1/status/buildinfo" },
    files: { directory: "/etc/loki", texts: { "loki.yaml": yaml(lokiConfig(context, replicas)) } },
    size: { ...size, replicas },
    data: DIRECTORY,
    metrics: { port: LOKI_PORT, path: "/metrics" },
    ...(objectStorage && { outside: [portOf(objectStorage.endpoint)], ...objectStorageSecrets(objectStorage) }),
    clientNamespaces: [context.nodes],
    allowedNamespaces: otherGrafana(context),
  };
}

/** Loki's configuration: https://grafana.com/docs/loki/latest/configure/ */
export function lokiConfig({ settings }: Pick<ObservabilityContext, "settings">, replicas: number) {
  const { objectStorage, retention } = settings;
  const store = objectStorage ? "s3" : "filesystem";
  const kept = `${retention.days * 24}h`;
  return {
    auth_enabled: true,
    server: { http_listen_port: LOKI_PORT, grpc_listen_port: GRPC_PORT, log_level: "warn" },
    common: {
      path_prefix: DIRECTORY,
      replication_factor: Math.min(replicas, 3),
      ring: { kvstore: { store: replicas > 1 ? "memberlist" : "inmemory" } },
      ...(!objectStorage && {
        storage: {
          filesystem: { chunks_directory: `${DIRECTORY}/chunks`, rules_directory: `${DIRECTORY}/rules` },
        },
      }),
    },
    ...(replicas > 1 && { memberlist: { join_members: [`${peersService(LOKI)}:${GOSSIP_PORT}`] } }),
    schema_config: {
      configs: [
        {
          // Never move it: lines of each day are read by the entry of their day.
          from: "2026-01-01",
          store: "tsdb",
          object_store: store,
          schema: "v13",
          index: { prefix: "index_", period: "24h" },
        },
      ],
    },
    storage_config: {
      tsdb_shipper: { active_index_directory: `${DIRECTORY}/index`, cache_location: `${DIRECTORY}/index-cache` },
      ...(objectStorage && {
        use_thanos_objstore: true,
        object_store: {
          s3: {
            bucket_name: objectStorage.logsBucket,
            region: objectStorage.region,
            ...objectStorageAddress(objectStorage),
          },
        },
      }),
    },
    // Accepted lines survive a crash.
    ingester: { wal: { enabled: true, dir: `${DIRECTORY}/wal`, replay_memory_ceiling: "256MB" } },
    compactor: {
      working_directory: `${DIRECTORY}/compactor`,
      retention_enabled: true,
      delete_request_store: store,
    },
    limits_config: {
      retention_period: kept,
      reject_old_samples: true,
      reject_old_samples_max_age: kept,
      max_line_size: MAX_LINE_SIZE,
      max_line_size_truncate: true,
      // Of each tenant, so that a loud one costs the others nothing.
      ingestion_rate_mb: 16,
      ingestion_burst_size_mb: 32,
      per_stream_rate_limit: "5MB",
      per_stream_rate_limit_burst: "20MB",
      max_global_streams_per_user: 5000,
      max_label_names_per_series: 15,
      allow_structured_metadata: true,
      max_query_series: 2000,
      volume_enabled: true,
    },
    querier: { multi_tenant_queries_enabled: true },
    analytics: { reporting_enabled: false },
  };
}
