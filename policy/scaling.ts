import { kindOf, nameOf, namespaceOf, specOf } from "./manifest.ts";
import type { DeclaredResource } from "./policy.ts";
import type { Workload } from "./workload.ts";

/** From the fewest to the most pods. */
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

/** Autoscalers: Kubernetes' own and KEDA's. */
export function findAutoscalers(resources: readonly DeclaredResource[]): DeclaredResource[] {
  return resources.filter((resource) => ["HorizontalPodAutoscaler", "ScaledObject"].includes(kindOf(resource) ?? ""));
}

/**
 * How many pods a workload may have: what its autoscaler says, and otherwise what it says itself.
 */
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
  // Kubernetes' own keeps one pod unless told otherwise; KEDA none, and at most a hundred.
  return kindOf(scaler) === "ScaledObject"
    ? { min: minReplicaCount ?? 0, max: maxReplicaCount ?? 100 }
    : { min: minReplicas ?? 1, max: maxReplicas ?? replicas };
}
