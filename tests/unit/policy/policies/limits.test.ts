import { limits } from "@plinth/policy/policies/limits.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { type Change, container, kubernetes, withContainer } from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

function job(change: Change = {}): DeclaredResource {
  const pod = { containers: [container({ readinessProbe: undefined, livenessProbe: undefined, ...change })] };
  return kubernetes("batch/v1:Job", "seed", { metadata: {}, spec: { template: { spec: pod } } });
}

describePolicy(limits, {
  catches: [
    [
      "no memory limit",
      [withContainer({ resources: { requests: { cpu: "1", memory: "1Gi" } } })],
      /has no resources.limits.memory/,
    ],
    [
      "no requests",
      [withContainer({ resources: { limits: { memory: "1Gi" } } })],
      /has no resources.requests.cpu, resources.requests.memory;/,
    ],
    ["nothing at all", [job({ resources: undefined })], /resources.limits.memory/],
    [
      "a request for nothing",
      [withContainer({ resources: { requests: { cpu: "0", memory: "1Gi" }, limits: { memory: "1Gi" } } })],
      /requests.cpu/,
    ],
  ],
});
