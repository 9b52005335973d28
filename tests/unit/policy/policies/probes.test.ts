import { probes } from "@plinth/policy/policies/probes.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import {
  type Change,
  container,
  deployment,
  kubernetes,
  withContainer,
} from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

function job(change: Change = {}): DeclaredResource {
  const pod = { containers: [container({ readinessProbe: undefined, livenessProbe: undefined, ...change })] };
  return kubernetes("batch/v1:Job", "seed", { metadata: {}, spec: { template: { spec: pod } } });
}

describePolicy(probes, {
  catches: [
    ["no readiness probe", [withContainer({ readinessProbe: undefined })], /has ports but no readinessProbe/],
    ["no liveness probe", [withContainer({ livenessProbe: undefined })], /has ports but no livenessProbe/],
    [
      "a probe of an unknown port",
      [withContainer({ livenessProbe: { httpGet: { port: "admin" } } })],
      /livenessProbe of port admin, which/,
    ],
    [
      "a startup probe of a wrong number",
      [withContainer({ startupProbe: { tcpSocket: { port: 8081 } } })],
      /startupProbe of port 8081/,
    ],
    [
      "a sidecar",
      [
        deployment({
          initContainers: [container({ name: "proxy", restartPolicy: "Always", livenessProbe: undefined })],
        }),
      ],
      /'proxy' has ports but no liveness/,
    ],
  ],
  passes: [
    ["a job, which serves no requests", [job()]],
    [
      "a container without ports",
      [withContainer({ ports: undefined, readinessProbe: undefined, livenessProbe: { exec: { command: ["true"] } } })],
    ],
  ],
});
