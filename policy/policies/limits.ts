import { type ResourcePolicy, UNKNOWN } from "../policy.ts";
import { inspectContainers } from "../workload.ts";

/** No CPU limit is required: it throttles a pod even while its node is idle. */
export const limits: ResourcePolicy = {
  name: "limits",
  refuses: "containers that do not say how much CPU and memory they need, and how much memory they may take at most",
  validateResource: (resource) =>
    inspectContainers(resource, ({ resources = {} }) => {
      const missing = [
        ...(["cpu", "memory"] as const)
          .filter((name) => !isPositive(resources.requests?.[name]))
          .map((name) => `resources.requests.${name}`),
        ...(isPositive(resources.limits?.memory) ? [] : ["resources.limits.memory"]),
      ];
      return missing.length > 0 ? [`has no ${missing.join(", ")}; set what it needs under load`] : [];
    }),
};

function isPositive(quantity: string | number | undefined): boolean {
  return quantity === UNKNOWN || (quantity !== undefined && /[1-9]/.test(String(quantity)));
}
