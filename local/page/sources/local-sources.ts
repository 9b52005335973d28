import { VictoriaLogs } from "../../collector/store/victoria-logs.ts";
import type { Dashboard } from "../model/dashboard.ts";
import { PageError } from "../model/page-error.ts";
import type { PageSources } from "../model/sources.ts";
import { VictoriaLogSource } from "./logs/victoria-log-source.ts";
import { PrometheusSource } from "./metrics/prometheus-source.ts";
import { type KnownProcess, SupervisorResources } from "./resources/supervisor-resources.ts";
import { RegistrySource } from "./schema-source.ts";
import { SecretMask } from "./secrets.ts";
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
  const { stack, directory, stores, registry, processes, dashboards, databaseUrl, cacheUrl, secrets = [] } = settings;
  const mask = new SecretMask(directory, [databaseUrl, cacheUrl, ...secrets]);
  const store = new VictoriaLogs(stores.logs);
  const soon = () => Promise.reject(new PageError(503, "Not built yet"));
  return {
    summary: async () => ({ stack, runtime: "process", readOnly: false, unavailable: {} }),
    dashboards,
    resources: new SupervisorResources(directory, processes, mask),
    logs: new VictoriaLogSource(store, mask),
    traces: new VictoriaTraceSource(store, mask),
    metrics: new PrometheusSource(stores.metrics),
    alerts: { list: async () => [] },
    topics: { list: soon, partitions: soon, records: soon },
    schemas: new RegistrySource(registry),
    tenants: { list: soon },
  };
}
