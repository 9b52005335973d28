import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import type { Server } from "../base/endpoint.ts";
import { selector } from "./labels.ts";

type NetworkPolicySpec = types.input.networking.v1.NetworkPolicySpec;
/** Pods that a policy admits. */
export type Peer = types.input.networking.v1.NetworkPolicyPeer;
type NetworkPolicyEgressRule = types.input.networking.v1.NetworkPolicyEgressRule;
type Ports = types.input.networking.v1.NetworkPolicyPort[];

/** Denies every connection that no other policy allows, except DNS look-ups. */
export function defaultDeny(): NetworkPolicySpec {
  const dns = [
    { protocol: "UDP", port: 53 },
    { protocol: "TCP", port: 53 },
  ];
  return { podSelector: {}, policyTypes: ["Ingress", "Egress"], egress: [{ ports: dns }] };
}

/** Labels of pods that declare a dependency on `servers`; the servers' policies admit them. */
export function clientLabels(servers: readonly Server[]): Record<string, string> {
  return Object.fromEntries(servers.map(({ workload }) => [`plinth.dev/uses-${workload}`, "true"]));
}

/** Selects a namespace by the label that the API server gives to each. */
export function namespaceSelector(name: pulumi.Input<string>) {
  return { matchLabels: { "kubernetes.io/metadata.name": name } };
}

export interface IngressOptions {
  /** Namespaces all of whose pods may connect. @default none */
  namespaces?: readonly pulumi.Input<string>[];
  /** Namespaces where pods that declare the dependency may connect, besides the server's own. */
  clientNamespaces?: readonly pulumi.Input<string>[];
  /** Who reads the metrics, and the port where they are. @default nobody */
  scrape?: { from: readonly Peer[]; port: number } | undefined;
}

/** Admits pods that declare the dependency, and those of {@link IngressOptions}. */
export function ingressPolicy(server: Server, options: IngressOptions = {}): NetworkPolicySpec {
  const { namespaces = [], clientNamespaces = [], scrape } = options;
  const clients = { podSelector: { matchLabels: clientLabels([server]) } };
  const from = [
    clients,
    ...clientNamespaces.map((name) => ({ ...clients, namespaceSelector: namespaceSelector(name) })),
    ...namespaces.map((name) => ({ namespaceSelector: namespaceSelector(name) })),
  ];
  return {
    podSelector: { matchLabels: selector(server.workload) },
    policyTypes: ["Ingress"],
    ingress: [
      // A rule without ports would admit to all of them.
      ...(server.ports.length > 0 ? [{ from, ports: tcpPorts(server.ports) }] : []),
      ...(scrape && scrape.from.length > 0 ? [{ from: [...scrape.from], ports: tcpPorts([scrape.port]) }] : []),
    ],
  };
}

/** Label that the pods of all workloads of one distributed system share. */
export function peerLabels(group: string): Record<string, string> {
  return { "plinth.dev/group": group };
}

/**
 * Lets the nodes of one distributed system connect to each other.
 *
 * @param udpPorts those at which they exchange datagrams as well
 */
export function peerPolicy(group: string, tcp: readonly number[], udpPorts: readonly number[] = []): NetworkPolicySpec {
  const members = [{ podSelector: { matchLabels: peerLabels(group) } }];
  const ports = [...tcpPorts(tcp), ...udpPorts.map((port) => ({ protocol: "UDP", port }))];
  return {
    podSelector: { matchLabels: peerLabels(group) },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: members, ports }],
    egress: [{ to: members, ports }],
  };
}

/**
 * Lets `workload` connect to its dependencies.
 *
 * @param outside TCP ports that it may reach anywhere, for servers outside of the cluster
 * @param others further rules
 */
export function egressPolicy(
  workload: string,
  servers: readonly Server[],
  outside: readonly number[] = [],
  others: readonly NetworkPolicyEgressRule[] = [],
): NetworkPolicySpec {
  const inside = servers.map(({ workload, namespace, ports }) => ({
    to: [
      {
        podSelector: { matchLabels: selector(workload) },
        ...(namespace !== undefined && { namespaceSelector: namespaceSelector(namespace) }),
      },
    ],
    ports: tcpPorts(ports),
  }));
  const beyond = outside.length > 0 ? [{ ports: tcpPorts(outside) }] : [];
  return {
    podSelector: { matchLabels: selector(workload) },
    policyTypes: ["Egress"],
    egress: [...inside, ...beyond, ...others],
  };
}

/**
 * Lets a reader of metrics connect to every pod of the platform; the pods' own policies admit it to
 * the one port where their metrics are.
 */
export function scrapeEgress(namespaces: readonly pulumi.Input<string>[]): NetworkPolicyEgressRule {
  const podSelector = { matchLabels: { "app.kubernetes.io/part-of": "plinth" } };
  return { to: namespaces.map((name) => ({ namespaceSelector: namespaceSelector(name), podSelector })) };
}

function tcpPorts(ports: readonly number[]): Ports {
  return ports.map((port) => ({ protocol: "TCP", port }));
}
