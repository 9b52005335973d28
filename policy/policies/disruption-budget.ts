import { kindOf, type LabelSelector, namespaceOf, selects, specOf } from "../manifest.ts";
import type { ResourceViolation, StackPolicy } from "../policy.ts";
import { findAutoscalers, replicaRange } from "../scaling.ts";
import { readWorkload } from "../workload.ts";

interface BudgetSpec {
  selector?: LabelSelector;
  minAvailable?: number | string;
  maxUnavailable?: number | string;
}

export const disruptionBudget: StackPolicy = {
  name: "disruption-budget",
  refuses:
    "workloads whose pods may all be evicted at once, and budgets that block every eviction, and so every node drain",
  validateStack(resources) {
    const budgets = resources.filter((resource) => kindOf(resource) === "PodDisruptionBudget");
    const scalers = findAutoscalers(resources);
    return resources.flatMap((resource): ResourceViolation[] => {
      const workload = readWorkload(resource);
      if (workload === undefined || (workload.kind !== "Deployment" && workload.kind !== "StatefulSet")) return [];
      const { min: replicas } = replicaRange(workload, scalers);
      const matching = budgets.filter(
        (budget) =>
          namespaceOf(budget) === workload.namespace &&
          selects(specOf<BudgetSpec>(budget).selector, workload.metadata.labels ?? {}),
      );
      if (replicas > 1 && matching.length === 0) return [{ resource, message: missingMessage(replicas) }];
      return matching
        .filter((budget) => blocksEviction(specOf<BudgetSpec>(budget), replicas))
        .map((budget) => ({ resource: budget, message: blockedMessage(replicas) }));
    });
  },
};

function missingMessage(replicas: number): string {
  return `has ${replicas} pods and no PodDisruptionBudget, so a drain may end all of them; add one that selects its pods`;
}

function blockedMessage(replicas: number): string {
  return replicas > 1
    ? "lets no pod be evicted, so that its nodes cannot be drained; set maxUnavailable to 1"
    : "guards a single pod, so that its node cannot be drained; remove it";
}

function blocksEviction({ minAvailable, maxUnavailable }: BudgetSpec, replicas: number): boolean {
  if (maxUnavailable === 0 || maxUnavailable === "0%" || minAvailable === "100%") return true;
  return typeof minAvailable === "number" && minAvailable >= replicas;
}
