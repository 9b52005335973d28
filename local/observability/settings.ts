import { readFileSync } from "node:fs";
import type { Dashboard } from "../page/model/dashboard.ts";
import type { Resource } from "../page/model/resource.ts";
import { UserError } from "../user-error.ts";

/**
 * What the process `observability` is told about its stack, as JSON in the file that its argument
 * names. Secrets come as variables: DATABASE_URL, REDIS_URL and NOTIFY_WEBHOOK.
 */
export interface ObservabilitySettings {
  /** The stack's name, which is the label `env` of every line and series. */
  stack: string;
  /** The stack's folder, absolute: `logs/` and `supervisor/` are in it. */
  directory: string;
  /** Folder for what this process keeps, absolute: the page's token, buffered lines. */
  data: string;
  /** Folder of the page's bundle for browsers, absolute. */
  page: string;
  /** Names under which its servers answer besides the loopback's. @default none */
  allowedHosts?: readonly string[];
  /** Ports on 127.0.0.1. */
  ports: { page: number; loki: number; otlp: number };
  stores: {
    /** VictoriaLogs, as in `http://127.0.0.1:9428`. */
    logs: string;
    /** VictoriaMetrics, as in `http://127.0.0.1:9090`. */
    metrics: string;
  };
  /** Jaeger, where the profile is `full`: spans go there too. */
  jaeger?: { otlp: string; query: string };
  /** Alertmanager, where the profile is `full`. */
  alertmanager?: string;
  /** `host:port`, comma-separated. */
  brokers: string;
  /** The schema registry, as in `http://localhost:8081`. */
  registry: string;
  processes: ObservedProcess[];
  dashboards: readonly Dashboard[];
  /** `bytes` as in `1GB`. */
  retention: { days: number; bytes: string };
}

/** A process of the supervisor. */
export interface ObservedProcess {
  /** Its name in the supervisor; its log is `logs/NAME.log`. */
  name: string;
  kind: Resource["kind"];
  /** The labels `service` and `version` of its lines. */
  service: string;
  version: string;
  /** Names of processes that it connects to. */
  uses: string[];
}

const FIELDS = [
  ...(["stack", "directory", "data", "page", "ports", "stores", "brokers", "registry"] as const),
  ...(["processes", "dashboards", "retention"] as const),
];

/** @throws {@link UserError} naming the file and what is wrong with it */
export function readObservabilitySettings(file: string | undefined): ObservabilitySettings {
  if (file === undefined) throw new UserError("No settings file is given. Type: node local/observability/main.ts FILE");
  const settings = parseSettings(file);
  const missing = FIELDS.find((field) => settings?.[field] === undefined);
  if (missing !== undefined)
    throw new UserError(`${file} has no '${missing}': 'make up' writes the file, so type that instead of editing it`);
  return settings as ObservabilitySettings;
}

function parseSettings(file: string): Partial<ObservabilitySettings> | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Partial<ObservabilitySettings> | null;
  } catch (error) {
    throw new UserError(`The settings file ${file} cannot be read: ${(error as Error).message}. Type: make up`);
  }
}
