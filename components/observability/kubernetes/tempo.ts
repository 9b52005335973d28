import {
  imageOf,
  type ObservabilityContext,
  objectStorageAddress,
  objectStorageSecrets,
  otherGrafana,
  portOf,
} from "./context.ts";
import { type ServerDefinition, yaml } from "./server.ts";

export const TEMPO = "tempo";
export const TEMPO_PORT = 3200;
export const TEMPO_OTLP_PORT = 4317;
/** The numeric user of the image. */
const TEMPO_USER_ID = 10_001;
/** Of Tempo's own defaults, so that every part of it writes to the volume. */
const DIRECTORY = "/var/tempo";

/** Tempo in its monolithic mode, which is one process and needs no Kafka. */
export function tempoServer(context: ObservabilityContext): ServerDefinition {
  const { objectStorage } = context.settings;
  return {
    workload: TEMPO,
    image: imageOf(context, "tempo"),
    user: TEMPO_USER_ID,
    args: ["-target=all", "-config.file=/etc/tempo/tempo.yaml"],
    ports: { http: TEMPO_PORT, otlp: TEMPO_OTLP_PORT },
    probes: { ready: "/ready", live: "/status/version" },
    files: { directory: "/etc/tempo", texts: { "tempo.yaml": yaml(tempoConfig(context)) } },
    size: context.sizes.tempo,
    data: DIRECTORY,
    metrics: { port: TEMPO_PORT, path: "/metrics" },
    ...(objectStorage && { outside: [portOf(objectStorage.endpoint)], ...objectStorageSecrets(objectStorage) }),
    clientNamespaces: [context.nodes],
    allowedNamespaces: otherGrafana(context),
  };
}

/** Tempo's configuration: https://grafana.com/docs/tempo/latest/configuration/manifest/ */
export function tempoConfig({ settings }: Pick<ObservabilityContext, "settings">) {
  const { objectStorage, retention } = settings;
  const compaction = { block_retention: `${retention.days * 24}h` };
  return {
    stream_over_http_enabled: true,
    server: { http_listen_port: TEMPO_PORT, log_level: "warn" },
    distributor: { receivers: { otlp: { protocols: { grpc: { endpoint: `0.0.0.0:${TEMPO_OTLP_PORT}` } } } } },
    backend_scheduler: { provider: { compaction: { compaction } } },
    backend_worker: { compaction },
    storage: {
      trace: {
        wal: { path: `${DIRECTORY}/wal` },
        ...(objectStorage
          ? {
              backend: "s3",
              s3: {
                bucket: objectStorage.tracesBucket,
                region: objectStorage.region,
                ...objectStorageAddress(objectStorage),
              },
            }
          : { backend: "local", local: { path: `${DIRECTORY}/blocks` } }),
      },
    },
    overrides: {
      defaults: {
        ingestion: { rate_limit_bytes: 15_000_000, burst_size_bytes: 20_000_000, max_traces_per_user: 10_000 },
        global: { max_bytes_per_trace: 5_000_000 },
      },
    },
    usage_report: { reporting_enabled: false },
  };
}
