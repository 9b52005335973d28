import { kindOf, metadataOf } from "../manifest.ts";
import type { DeclaredResource, ResourcePolicy } from "../policy.ts";
import { type Container, inspectContainers, type PodSpec, readWorkload, type Workload } from "../workload.ts";

/**
 * Pod Security Standard "restricted":
 * https://kubernetes.io/docs/concepts/security/pod-security-standards/
 */
export const nonRoot: ResourcePolicy = {
  name: "non-root",
  refuses:
    "pods and namespaces that are not what Pod Security calls restricted: root, privileges, capabilities, no seccomp, the host's namespaces or files",
  validateResource(resource) {
    if (kindOf(resource) === "Namespace") return namespaceViolations(resource);
    const pod = readWorkload(resource)?.pod;
    return pod === undefined ? [] : [...hostViolations(pod), ...inspectContainers(resource, containerViolations)];
  },
};

/** The API server then refuses what a person applies by hand, too. */
function namespaceViolations(resource: DeclaredResource): string[] {
  const label = "pod-security.kubernetes.io/enforce";
  if (metadataOf(resource).labels?.[label] === "restricted") return [];
  return [`its API server takes any pod; set the label ${label} to restricted`];
}

function hostViolations(pod: PodSpec): string[] {
  const shared = (["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => pod[field] === true);
  const mounted = (pod.volumes ?? []).filter(({ hostPath }) => hostPath !== undefined);
  return [
    ...shared.map((field) => `the pod shares a namespace of its node; remove ${field}`),
    ...mounted.map(
      ({ name }) => `the volume '${name}' is a folder of the node; use a claim or an emptyDir instead of hostPath`,
    ),
  ];
}

function containerViolations({ securityContext: own = {} }: Container, { pod }: Workload): string[] {
  const inherited = pod.securityContext ?? {};
  const seccomp = (own.seccompProfile ?? inherited.seccompProfile)?.type;
  const kept = (own.capabilities?.add ?? []).filter((capability) => capability !== "NET_BIND_SERVICE");
  const faults: [boolean, string][] = [
    [
      (own.runAsNonRoot ?? inherited.runAsNonRoot) !== true,
      "may run as root; set securityContext.runAsNonRoot to true on it or on its pod",
    ],
    [
      (own.runAsUser ?? inherited.runAsUser) === 0,
      "runs as user 0; set securityContext.runAsUser to the number of another user",
    ],
    [own.privileged === true, "is privileged; remove securityContext.privileged"],
    [
      own.allowPrivilegeEscalation !== false,
      "may gain privileges; set securityContext.allowPrivilegeEscalation to false",
    ],
    [
      !(own.capabilities?.drop ?? []).includes("ALL"),
      'keeps capabilities; set securityContext.capabilities.drop to ["ALL"]',
    ],
    [kept.length > 0, `adds the capabilities ${kept.join(", ")}; only NET_BIND_SERVICE may be added`],
    [
      seccomp !== "RuntimeDefault" && seccomp !== "Localhost",
      "may make any system call; set securityContext.seccompProfile.type to RuntimeDefault on it or on its pod",
    ],
  ];
  return faults.filter(([wrong]) => wrong).map(([, fault]) => fault);
}
