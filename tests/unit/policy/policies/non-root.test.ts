import { nonRoot } from "@plinth/policy/policies/non-root.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import {
  type Change,
  container,
  deployment,
  kubernetes,
  withContainer,
} from "../../../support/policy/compliant-stack.ts";
import { describePolicy } from "../../../support/policy/describe-policy.ts";

function hardened(change: Change): DeclaredResource {
  return withContainer({
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] }, ...change },
  });
}

describePolicy(nonRoot, {
  catches: [
    [
      "a container that may be root",
      [deployment({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } })],
      /'api' may run as root; set .*runAsNonRoot/,
    ],
    ["user 0", [hardened({ runAsUser: 0 })], /runs as user 0/],
    ["a container that overrides its pod", [hardened({ runAsNonRoot: false })], /may run as root/],
    ["a privileged container", [hardened({ privileged: true })], /is privileged/],
    ["no setting for escalation", [hardened({ allowPrivilegeEscalation: undefined })], /may gain privileges/],
    ["kept capabilities", [hardened({ capabilities: {} })], /keeps capabilities/],
    [
      "added capabilities",
      [hardened({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } })],
      /adds the capabilities SYS_ADMIN/,
    ],
    ["no seccomp profile", [deployment({ securityContext: { runAsNonRoot: true } })], /any system call/],
    ["an unconfined profile", [hardened({ seccompProfile: { type: "Unconfined" } })], /any system call/],
    [
      "an init container",
      [deployment({ initContainers: [container({ name: "init", securityContext: {} })] })],
      /'init' may gain privileges/,
    ],
    ["the node's network", [deployment({ hostNetwork: true })], /remove hostNetwork/],
    [
      "the node's files",
      [deployment({ volumes: [{ name: "logs", hostPath: { path: "/var/log" } }] })],
      /'logs' is a folder of the node/,
    ],
    [
      "a namespace that accepts any pod",
      [kubernetes("core/v1:Namespace", "shop", { metadata: { name: "shop" } })],
      /set the label pod-security/,
    ],
    [
      "the pods of a CronJob",
      [
        kubernetes("batch/v1:CronJob", "backup", {
          spec: { jobTemplate: { spec: { template: { spec: { containers: [{ name: "b" }] } } } } },
        }),
      ],
      /'b' may run as root/,
    ],
  ],
  passes: [
    [
      "the one capability that restricted allows",
      [hardened({ capabilities: { drop: ["ALL"], add: ["NET_BIND_SERVICE"] } })],
    ],
  ],
});
