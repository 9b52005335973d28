import { kindOf, type LabelSelector, namespaceOf, selects, specOf } from "../manifest.ts";
import type { DeclaredResource, ResourceViolation, StackPolicy } from "../policy.ts";
import { containerPorts, hasUnknownSpec, readWorkload, type Workload } from "../workload.ts";

interface Port {
  port?: number | string;
  endPort?: number;
}

interface Peer {
  podSelector?: LabelSelector;
  namespaceSelector?: LabelSelector;
  ipBlock?: { cidr?: string };
}

interface PolicySpec {
  podSelector?: LabelSelector;
  policyTypes?: string[];
  ingress?: { from?: Peer[]; ports?: Port[] }[];
  egress?: { to?: Peer[]; ports?: Port[] }[];
}

interface ServiceSpec {
  selector?: Record<string, string>;
  ports?: { port?: number; targetPort?: number | string }[];
}

export const networkPolicy: StackPolicy = {
  name: "network-policy",
  refuses:
    "namespaces without a default deny, rules that are open to everyone, rules of no pod, Services without a rule",
  validateStack(resources) {
    const policies = resources.filter((resource) => kindOf(resource) === "NetworkPolicy");
    const workloads = resources.flatMap((resource) => readWorkload(resource) ?? []);
    const complete = !resources.some(hasUnknownSpec);
    return [
      ...missingDefaultDeny(workloads, policies),
      ...policies.flatMap((policy) => [
        ...openRuleViolations(policy),
        ...(complete ? unmatchedPolicyViolations(policy, workloads) : []),
      ]),
      ...unreachableServices(resources, workloads, policies),
    ];
  },
};

function missingDefaultDeny(workloads: Workload[], policies: DeclaredResource[]): ResourceViolation[] {
  const denied = policies.filter((policy) => deniesAll(specOf(policy))).map(namespaceOf);
  return workloads
    .filter(({ namespace }) => !denied.includes(namespace))
    .map(({ resource, namespace }) => ({
      resource,
      message: `its namespace ${namespace} has no default deny; add a NetworkPolicy of both types with an empty podSelector`,
    }));
}

/** Whether a policy denies every connection of every pod, except DNS look-ups. */
function deniesAll({ podSelector, policyTypes = [], ingress = [], egress = [] }: PolicySpec): boolean {
  const everyPod = podSelector !== undefined && selectsEverything(podSelector);
  const bothWays = policyTypes.includes("Ingress") && policyTypes.includes("Egress");
  const onlyNames = egress.every(
    (rule) => rule.ports?.length && rule.ports.every(({ port, endPort }) => port === 53 && endPort === undefined),
  );
  return everyPod && bothWays && ingress.length === 0 && onlyNames;
}

function selectsEverything({ matchLabels = {}, matchExpressions = [] }: LabelSelector): boolean {
  return Object.keys(matchLabels).length === 0 && matchExpressions.length === 0;
}

function openRuleViolations(resource: DeclaredResource): ResourceViolation[] {
  const { ingress = [], egress = [] } = specOf<PolicySpec>(resource);
  const messages = [
    ...(ingress.some(({ from }) => admitsAnyone(from)) ? ["admits everyone; name in 'from' who may connect"] : []),
    ...(egress.some(({ to, ports }) => admitsAnyone(to) && !ports?.length)
      ? ["lets pods out to everywhere; name in 'to' or 'ports' what they may reach"]
      : []),
  ];
  return messages.map((message) => ({ resource, message }));
}

function unmatchedPolicyViolations(resource: DeclaredResource, workloads: Workload[]): ResourceViolation[] {
  const { podSelector } = specOf<PolicySpec>(resource);
  const neighbours = workloads.filter(({ namespace }) => namespace === namespaceOf(resource));
  if (workloads.length === 0 || neighbours.some(({ metadata }) => selects(podSelector, metadata.labels ?? {})))
    return [];
  return [
    {
      resource,
      message: "selects no pod of the stack; correct its podSelector, or remove the policy of a removed workload",
    },
  ];
}

function admitsAnyone(peers: Peer[] = []): boolean {
  return peers.length === 0 || peers.some(({ ipBlock }) => ipBlock?.cidr === "0.0.0.0/0" || ipBlock?.cidr === "::/0");
}

/** Finds a forgotten rule in preview, rather than by a client's timeout. */
function unreachableServices(
  resources: readonly DeclaredResource[],
  workloads: Workload[],
  policies: DeclaredResource[],
): ResourceViolation[] {
  return resources
    .filter((resource) => kindOf(resource) === "Service")
    .flatMap((resource) => {
      const { selector, ports: servicePorts = [] } = specOf<ServiceSpec>(resource);
      if (selector === undefined) return [];
      const targets = workloads.filter(
        ({ namespace, metadata }) =>
          namespace === namespaceOf(resource) && selects({ matchLabels: selector }, metadata.labels ?? {}),
      );
      return targets.flatMap((target) =>
        servicePorts
          .map(({ port, targetPort = port }) => targetPort)
          .filter((port) => port !== undefined && !isAdmitted(port, target, policies))
          .map((port) => ({ resource, message: closedPortMessage(port, target.resource.name) })),
      );
    });
}

function closedPortMessage(port: number | string | undefined, workload: string): string {
  return `no NetworkPolicy admits anyone to port ${port} of '${workload}'; add a rule for clients, or remove the port`;
}

function isAdmitted(port: number | string, target: Workload, policies: DeclaredResource[]): boolean {
  const known = containerPorts(target).find(({ name, number }) => port === name || Number(port) === number);
  const aliases = [port, ...(known ? [known.number, known.name] : [])];
  return policies.some((policy) => {
    const { podSelector, ingress = [] } = specOf<PolicySpec>(policy);
    if (namespaceOf(policy) !== target.namespace || !selects(podSelector, target.metadata.labels ?? {})) return false;
    return ingress.some(({ ports: open }) => !open?.length || open.some((rule) => matchesPort(rule, aliases)));
  });
}

function matchesPort({ port, endPort }: Port, aliases: (number | string | undefined)[]): boolean {
  if (port === undefined) return true;
  return aliases.some(
    (number) =>
      number === port ||
      (typeof number === "number" &&
        typeof port === "number" &&
        endPort !== undefined &&
        number >= port &&
        number <= endPort),
  );
}
