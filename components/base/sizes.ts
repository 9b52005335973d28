import type { ContainerResources } from "./resources.ts";
import type { Profile } from "./runtime.ts";

/** Default sizes of every component, which a stack's configuration may override. */
export interface Sizes {
  citus: { workers: number; storage: string; resources: ContainerResources };
  redpanda: { brokers: number; mode: "developer" | "production"; storage: string; resources: ContainerResources };
  redis: { memoryMiB: number; persistence: "none" | "appendonly"; storage: string };
  /** Of each service; the autoscaler moves between the two numbers of replicas. */
  service: { replicas: { min: number; max: number }; resources: ContainerResources };
}

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
};

/** The defaults (SDG-2 for services). */
export const sizes: Record<Profile, Sizes> = { development, production };

/** A size as the default of a setting, by profile. */
export const sized = <T>(pick: (size: Sizes) => T) => ({
  default: pick(development),
  ...(pick(production) !== pick(development) && { production: pick(production) }),
});
