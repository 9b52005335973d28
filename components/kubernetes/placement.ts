import type { types } from "@pulumi/kubernetes";
import { selector } from "./labels.ts";

/** Pods of one workload on different nodes and in different zones, as far as there are any. */
export function topologySpread(workload: string): types.input.core.v1.TopologySpreadConstraint[] {
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: selector(workload) },
  }));
}

/**
 * Lets a node be drained only while the rest still serves. A budget for a single pod would keep
 * every node from being drained.
 */
export function disruptionBudget(
  workload: string,
  replicas: number,
): types.input.policy.v1.PodDisruptionBudgetSpec | undefined {
  return replicas > 1 ? { maxUnavailable: 1, selector: { matchLabels: selector(workload) } } : undefined;
}
