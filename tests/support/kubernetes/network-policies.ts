import type { KubernetesObject } from "./api.ts";

/** One end of a connection: a pod, by what policies select it by. */
export interface Peer {
  namespace: string;
  labels: Record<string, string>;
}

interface Selector {
  matchLabels?: Record<string, string>;
  matchExpressions?: unknown[];
}
interface Rule {
  from?: PolicyPeer[];
  to?: PolicyPeer[];
  ports?: { protocol?: string; port?: number | string; endPort?: number }[];
}
interface PolicyPeer {
  podSelector?: Selector;
  namespaceSelector?: Selector;
  ipBlock?: unknown;
}
interface Spec {
  podSelector: Selector;
  policyTypes: string[];
  ingress?: Rule[];
  egress?: Rule[];
}

/**
 * Decides if policies allow a TCP connection, by the rules of the NetworkPolicy API. A pod that a
 * policy selects for a direction has only the connections that one of these policies names; any
 * other pod has all. Both ends must allow it. A network plugin enforces policies, which no test
 * here has.
 *
 * @see https://kubernetes.io/docs/concepts/services-networking/network-policies/
 */
export function allowsConnection(policies: KubernetesObject[], from: Peer, to: Peer, port: number): boolean {
  return allowsDirection(policies, "Egress", from, to, port) && allowsDirection(policies, "Ingress", to, from, port);
}

function allowsDirection(
  policies: KubernetesObject[],
  direction: "Ingress" | "Egress",
  own: Peer,
  other: Peer,
  port: number,
): boolean {
  const applying = policies
    .filter(({ metadata }) => metadata.namespace === own.namespace)
    .map(({ metadata, spec }) => ({ namespace: metadata.namespace!, ...(spec as Spec) }))
    .filter(({ policyTypes, podSelector }) => policyTypes.includes(direction) && selects(podSelector, own.labels));
  if (applying.length === 0) return true;
  return applying.some(({ namespace, ingress = [], egress = [] }) =>
    (direction === "Ingress" ? ingress : egress).some(
      (rule) => reaches(rule.ports, port) && names(direction === "Ingress" ? rule.from : rule.to, namespace, other),
    ),
  );
}

/** No ports at all means every port, and no peers every peer. */
function reaches(ports: Rule["ports"], port: number): boolean {
  if (ports === undefined || ports.length === 0) return true;
  return ports.some((each) => {
    if (typeof each.port === "string")
      throw new Error(`port '${each.port}' is named: write its number, so that it can be compared`);
    if ((each.protocol ?? "TCP") !== "TCP") return false;
    return each.port === undefined || (port >= each.port && port <= (each.endPort ?? each.port));
  });
}

function names(peers: PolicyPeer[] | undefined, namespace: string, other: Peer): boolean {
  if (peers === undefined || peers.length === 0) return true;
  return peers.some(({ podSelector, namespaceSelector, ipBlock }) => {
    // A range of addresses selects peers outside the cluster.
    if (ipBlock !== undefined) return false;
    const there = namespaceSelector
      ? selects(namespaceSelector, { "kubernetes.io/metadata.name": other.namespace })
      : other.namespace === namespace;
    return there && selects(podSelector ?? {}, other.labels);
  });
}

function selects({ matchLabels = {}, matchExpressions = [] }: Selector, labels: Record<string, string>): boolean {
  if (matchExpressions.length > 0) throw new Error("matchExpressions are not compared here: use matchLabels");
  return Object.entries(matchLabels).every(([name, value]) => labels[name] === value);
}
