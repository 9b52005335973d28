import { kindOf, nameOf, namespaceOf, specOf } from "./manifest.ts";
import type { DeclaredResource } from "./policy.ts";
import type { Workload } from "./workload.ts";

/** The fewest and the most pods of a workload. */
export interface ReplicaRange {
  min: number;
  max: number;
}

interface ScalerSpec {
  minReplicas?: number;
  maxReplicas?: number;
  minReplicaCount?: number;
  maxReplicaCount?: number;
  scaleTargetRef?: { kind?: string; name?: string };
}

/** The autoscalers of Kubernetes and KEDA. */
export function findAutoscalers(resources: readonly DeclaredResource[]): DeclaredResource[] {
  return resources.filter((resource) => ["HorizontalPodAutoscaler", "ScaledObject"].includes(kindOf(resource) ?? ""));
}

/** How many pods a workload may have: by its autoscaler, else by its own number of replicas. */
export function replicaRange(
  { kind, namespace, resource, replicas }: Workload,
  scalers: readonly DeclaredResource[],
): ReplicaRange {
  const scaler = scalers.find((other) => {
    if (namespaceOf(other) !== namespace) return false;
    const target = specOf<ScalerSpec>(other).scaleTargetRef;
    return target?.name === nameOf(resource) && (target.kind ?? "Deployment") === kind;
  });
  if (scaler === undefined) return { min: replicas, max: replicas };
  const { minReplicas, maxReplicas, minReplicaCount, maxReplicaCount } = specOf<ScalerSpec>(scaler);
  // Kubernetes' default is at least one pod; KEDA's are none and a hundred.
  return kindOf(scaler) === "ScaledObject"
    ? { min: minReplicaCount ?? 0, max: maxReplicaCount ?? 100 }
    : { min: minReplicas ?? 1, max: maxReplicas ?? replicas };
}
