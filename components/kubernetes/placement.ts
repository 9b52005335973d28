import type { types } from "@pulumi/kubernetes";
import { selector } from "./labels.ts";

/** Spreads the pods of one workload over zones and nodes, as far as there are several. */
export function topologySpread(workload: string): types.input.core.v1.TopologySpreadConstraint[] {
  return ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
    maxSkew: 1,
    topologyKey,
    whenUnsatisfiable: "ScheduleAnyway",
    labelSelector: { matchLabels: selector(workload) },
  }));
}

/**
 * Allows one pod of a workload at a time to be evicted. Undefined for a single pod, whose budget
 * would block every node drain.
 */
export function disruptionBudget(
  workload: string,
  replicas: number,
): types.input.policy.v1.PodDisruptionBudgetSpec | undefined {
  return replicas > 1 ? { maxUnavailable: 1, selector: { matchLabels: selector(workload) } } : undefined;
}
