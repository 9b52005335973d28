import type { types } from "@pulumi/kubernetes";
import type { Server } from "../base/endpoint.ts";
import { selector } from "./labels.ts";

type NetworkPolicySpec = types.input.networking.v1.NetworkPolicySpec;
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

/** Admits pods that declare the dependency, and all pods of the given namespaces. */
export function ingressPolicy(server: Server, namespaces: readonly string[] = []): NetworkPolicySpec {
  const clients = { podSelector: { matchLabels: clientLabels([server]) } };
  const others = namespaces.map((name) => ({
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
  }));
  return {
    podSelector: { matchLabels: selector(server.workload) },
    policyTypes: ["Ingress"],
    ingress: [{ from: [clients, ...others], ports: tcpPorts(server.ports) }],
  };
}

/** Label that the pods of all workloads of one distributed system share. */
export function peerLabels(group: string): Record<string, string> {
  return { "plinth.dev/group": group };
}

/** Lets the nodes of one distributed system connect to each other. */
export function peerPolicy(group: string, ports: readonly number[]): NetworkPolicySpec {
  const members = [{ podSelector: { matchLabels: peerLabels(group) } }];
  return {
    podSelector: { matchLabels: peerLabels(group) },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: members, ports: tcpPorts(ports) }],
    egress: [{ to: members, ports: tcpPorts(ports) }],
  };
}

/**
 * Lets `workload` connect to its dependencies.
 *
 * @param outside TCP ports that it may reach anywhere, for servers outside of the cluster
 */
export function egressPolicy(
  workload: string,
  servers: readonly Server[],
  outside: readonly number[] = [],
): NetworkPolicySpec {
  const inside = servers.map((server) => ({
    to: [{ podSelector: { matchLabels: selector(server.workload) } }],
    ports: tcpPorts(server.ports),
  }));
  const beyond = outside.length > 0 ? [{ ports: tcpPorts(outside) }] : [];
  return { podSelector: { matchLabels: selector(workload) }, policyTypes: ["Egress"], egress: [...inside, ...beyond] };
}

function tcpPorts(ports: readonly number[]): Ports {
  return ports.map((port) => ({ protocol: "TCP", port }));
}
