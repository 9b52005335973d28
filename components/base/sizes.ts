import type { ContainerResources } from "./resources.ts";
import type { Profile } from "./runtime.ts";

/** Default sizes of every component, which a stack's configuration may override. */
export interface Sizes {
  citus: { workers: number; storage: string; resources: ContainerResources };
  redpanda: { brokers: number; mode: "developer" | "production"; storage: string; resources: ContainerResources };
  redis: { memoryMiB: number; persistence: "none" | "appendonly"; storage: string };
  /** Of each service; the autoscaler moves between the two numbers of replicas. */
  service: { replicas: { min: number; max: number }; resources: ContainerResources };
  observability: ObservabilitySizes;
}

/** A server of the observability stack. Without storage it keeps nothing over a restart. */
export interface ServerSize {
  replicas: number;
  storage?: string;
  resources: ContainerResources;
}

/** Of the observability stack in a cluster: its servers, and what runs once on each node. */
export type ObservabilitySizes = Record<
  "loki" | "tempo" | "prometheus" | "alertmanager" | "grafana" | "kubeStateMetrics" | "alloy" | "nodeExporter",
  ServerSize
>;

const development: Sizes = {
  citus: {
    workers: 1,
    storage: "2Gi",
    resources: { requests: { cpu: "100m", memory: "384Mi" }, limits: { memory: "1Gi" } },
  },
  redpanda: {
    brokers: 1,
    mode: "developer",
    storage: "2Gi",
    resources: { requests: { cpu: "250m", memory: "1Gi" }, limits: { memory: "1Gi" } },
  },
  redis: { memoryMiB: 128, persistence: "none", storage: "1Gi" },
  service: {
    replicas: { min: 1, max: 1 },
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "500m", memory: "512Mi" } },
  },
  observability: {
    loki: serverSize(1, "50m", "128Mi", "512Mi", "2Gi"),
    tempo: serverSize(1, "50m", "160Mi", "512Mi", "2Gi"),
    prometheus: serverSize(1, "50m", "192Mi", "512Mi", "2Gi"),
    alertmanager: serverSize(1, "10m", "32Mi", "128Mi", "256Mi"),
    grafana: serverSize(1, "50m", "160Mi", "384Mi", "512Mi"),
    kubeStateMetrics: serverSize(1, "10m", "32Mi", "96Mi"),
    alloy: serverSize(1, "50m", "128Mi", "384Mi"),
    nodeExporter: serverSize(1, "10m", "24Mi", "64Mi"),
  },
};

const production: Sizes = {
  citus: {
    workers: 3,
    storage: "100Gi",
    resources: { requests: { cpu: "2", memory: "8Gi" }, limits: { memory: "8Gi" } },
  },
  redpanda: {
    brokers: 3,
    mode: "production",
    storage: "100Gi",
    resources: { requests: { cpu: "2", memory: "4Gi" }, limits: { memory: "4Gi" } },
  },
  redis: { memoryMiB: 1024, persistence: "none", storage: "4Gi" },
  service: {
    replicas: { min: 3, max: 12 },
    resources: { requests: { cpu: "200m", memory: "256Mi" }, limits: { cpu: "1000m", memory: "1Gi" } },
  },
  observability: {
    loki: serverSize(3, "500m", "1Gi", "3Gi", "20Gi"),
    // Its monolithic mode is one process.
    tempo: serverSize(1, "500m", "1Gi", "4Gi", "20Gi"),
    prometheus: serverSize(2, "500m", "2Gi", "6Gi", "100Gi"),
    alertmanager: serverSize(3, "20m", "64Mi", "256Mi", "1Gi"),
    // Its database is a file, which one process writes.
    grafana: serverSize(1, "200m", "384Mi", "1Gi", "5Gi"),
    kubeStateMetrics: serverSize(1, "20m", "64Mi", "256Mi"),
    alloy: serverSize(1, "100m", "256Mi", "768Mi"),
    nodeExporter: serverSize(1, "20m", "32Mi", "64Mi"),
  },
};

function serverSize(replicas: number, cpu: string, memory: string, limit: string, storage?: string): ServerSize {
  const resources = { requests: { cpu, memory }, limits: { memory: limit } };
  return { replicas, resources, ...(storage !== undefined && { storage }) };
}

/** The defaults (SDG-2 for services). */
export const sizes: Record<Profile, Sizes> = { development, production };

/** A size as the default of a setting, by profile. */
export const sized = <T>(pick: (size: Sizes) => T) => ({
  default: pick(development),
  ...(pick(production) !== pick(development) && { production: pick(production) }),
});
