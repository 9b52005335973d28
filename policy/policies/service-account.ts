import type { ResourcePolicy } from "../policy.ts";
import { readWorkload } from "../workload.ts";

export const serviceAccount: ResourcePolicy = {
  name: "service-account",
  refuses: "pods that carry a token for the API server",
  validateResource(resource) {
    const pod = readWorkload(resource)?.pod;
    if (pod === undefined || pod.automountServiceAccountToken === false) return [];
    return ["an intruder in the pod can call the API server; set automountServiceAccountToken to false"];
  },
};
