import { VictoriaLogs } from "../../collector/store/victoria-logs.ts";
import type { Dashboard } from "../model/dashboard.ts";
import { PageError } from "../model/page-error.ts";
import type { PageSources } from "../model/sources.ts";
import { listCacheUsers } from "./cache-users.ts";
import { connectKafka } from "./kafka/kafka-client.ts";
import { KafkaTopicSource } from "./kafka/kafka-topic-source.ts";
import { RecordDecoder } from "./kafka/record-decoder.ts";
import { countLinesByTenant } from "./logs/line-counts.ts";
import { VictoriaLogSource } from "./logs/victoria-log-source.ts";
import { PrometheusAlerts } from "./metrics/alert-source.ts";
import { PrometheusSource } from "./metrics/prometheus-source.ts";
import { findSpanExemplars } from "./metrics/span-exemplars.ts";
import { type KnownProcess, SupervisorResources } from "./resources/supervisor-resources.ts";
import { RegistrySource } from "./schema-source.ts";
import { SecretMask } from "./secrets.ts";
import { DatabaseTenants } from "./tenant-source.ts";
import { VictoriaTraceSource } from "./traces/victoria-trace-source.ts";

export interface LocalSourceSettings {
  stack: string;
  /** The stack's folder with its logs and the supervisor's state. */
  directory: string;
  stores: { logs: string; metrics: string };
  brokers: string;
  registry: string;
  processes: readonly KnownProcess[];
  dashboards: readonly Dashboard[];
  databaseUrl?: string | undefined;
  cacheUrl?: string | undefined;
  /** Further values that the page never shows. @default none */
  secrets?: readonly (string | undefined)[];
}

/** The sources of a stack whose processes run on this machine. */
export function createLocalSources(settings: LocalSourceSettings): PageSources {
  const {
    stack,
    directory,
    stores,
    brokers,
    registry,
    processes,
    dashboards,
    databaseUrl,
    cacheUrl,
    secrets = [],
  } = settings;
  const mask = new SecretMask(directory, [databaseUrl, cacheUrl, ...secrets]);
  const store = new VictoriaLogs(stores.logs);
  const schemas = new RegistrySource(registry);
  const traces = new VictoriaTraceSource(store, mask);
  const metrics = new PrometheusSource(stores.metrics);
  return {
    summary: async () => ({ stack, runtime: "process", readOnly: false, unavailable: {} }),
    dashboards,
    resources: new SupervisorResources(directory, processes, mask),
    logs: new VictoriaLogSource(store, mask),
    traces,
    metrics: {
      range: (...query) => metrics.range(...query),
      labelValues: (...query) => metrics.labelValues(...query),
      exemplars: (...query) => findSpanExemplars(traces, ...query),
    },
    alerts: new PrometheusAlerts(metrics),
    topics: new KafkaTopicSource({
      connect: () => connectKafka(brokers),
      decoder: new RecordDecoder((id) => schemas.byId(id)),
      mask,
      mayReplay: true,
    }),
    schemas,
    tenants:
      databaseUrl === undefined
        ? {
            list: () => Promise.reject(new PageError(503, "The page was started without DATABASE_URL: type 'make up'")),
          }
        : new DatabaseTenants({
            databaseUrl,
            countLines: () => countLinesByTenant(store),
            listCacheUsers: async () => (cacheUrl === undefined ? [] : listCacheUsers(cacheUrl)),
          }),
  };
}
