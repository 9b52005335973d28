import { exposure } from "@plinth/policy/policies/exposure.ts";
import { service, withContainer } from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

describePolicy(exposure, {
  catches: [
    ["a NodePort", [service({ type: "NodePort" })], /type NodePort opens it/],
    ["a LoadBalancer", [service({ type: "LoadBalancer" })], /type LoadBalancer opens it/],
    ["external addresses", [service({ externalIPs: ["203.0.113.7"] })], /externalIPs/],
    [
      "a port of the node",
      [withContainer({ ports: [{ containerPort: 8080, hostPort: 80 }] })],
      /opens port 80 of its node/,
    ],
  ],
});
