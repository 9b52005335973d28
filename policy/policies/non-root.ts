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
    "pods and namespaces that are not `restricted`: root, privileges, capabilities, no seccomp, the host's namespaces",
  validateResource(resource) {
    if (kindOf(resource) === "Namespace") return namespaceViolations(resource);
    const pod = readWorkload(resource)?.pod;
    return pod === undefined ? [] : [...hostViolations(pod), ...inspectContainers(resource, containerViolations)];
  },
};

/** The namespace's label makes the API server refuse pods that a person applies, too. */
function namespaceViolations(resource: DeclaredResource): string[] {
  const label = "pod-security.kubernetes.io/enforce";
  if (metadataOf(resource).labels?.[label] === "restricted") return [];
  return [`its API server accepts any pod; set the label ${label} to restricted`];
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

function containerViolations({ securityContext: context = {} }: Container, { pod }: Workload): string[] {
  const inherited = pod.securityContext ?? {};
  const seccomp = (context.seccompProfile ?? inherited.seccompProfile)?.type;
  const added = (context.capabilities?.add ?? []).filter((capability) => capability !== "NET_BIND_SERVICE");
  const rules: [violated: boolean, message: string][] = [
    [
      (context.runAsNonRoot ?? inherited.runAsNonRoot) !== true,
      "may run as root; set securityContext.runAsNonRoot to true on it or on its pod",
    ],
    [
      (context.runAsUser ?? inherited.runAsUser) === 0,
      "runs as user 0; set securityContext.runAsUser to the number of another user",
    ],
    [context.privileged === true, "is privileged; remove securityContext.privileged"],
    [
      context.allowPrivilegeEscalation !== false,
      "may gain privileges; set securityContext.allowPrivilegeEscalation to false",
    ],
    [
      !(context.capabilities?.drop ?? []).includes("ALL"),
      'keeps capabilities; set securityContext.capabilities.drop to ["ALL"]',
    ],
    [added.length > 0, `adds the capabilities ${added.join(", ")}; only NET_BIND_SERVICE may be added`],
    [
      seccomp !== "RuntimeDefault" && seccomp !== "Localhost",
      "may make any system call; set securityContext.seccompProfile.type to RuntimeDefault on it or on its pod",
    ],
  ];
  return rules.filter(([violated]) => violated).map(([, message]) => message);
}
