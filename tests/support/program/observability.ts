/** Dashboards by their ids. */
export const dashboardIds = [
  "business-metrics",
  "error-tracking",
  "gateway-monitoring",
  "high-load-service",
  "kafka-and-schema-registry",
  "microservices-overview",
  "postgresql-and-citus",
  "tenant",
];

/** The workloads of the built-in observability stack that are StatefulSets. */
export const observabilityServers = [
  "alertmanager",
  "grafana",
  "kube-state-metrics",
  "loki",
  "prometheus",
  "tempo",
] as const;

const agents = ["alloy", "node-exporter"];
const withFiles = ["alertmanager", "grafana", "loki", "prometheus", "tempo"];
const withPeers = ["alertmanager", "loki"];
const withApiAccess = ["kube-state-metrics", "prometheus"];

/** `Type name ← parent` of everything that the built-in observability stack registers. */
export function observabilityLines({ objectStorage }: { objectStorage: boolean }): string[] {
  const connecting = ["grafana", "kube-state-metrics", "prometheus", ...(objectStorage ? ["loki", "tempo"] : [])];
  return [
    "ObservabilityStack observability",
    "ClusterObservability observability ← observability",
    "NodeAgents observability-nodes ← observability",
    "Namespace observability-nodes-namespace ← observability-nodes",
    "NetworkPolicy observability-nodes-default-deny ← observability-nodes",
    "ConfigMap alloy-config ← observability-nodes",
    "NetworkPolicy alloy-egress ← observability-nodes",
    "Service alloy-service ← observability-nodes",
    ...rights("alloy", "observability-nodes"),
    ...agents.flatMap((name) => [
      `DaemonSet ${name}-pods ← observability-nodes`,
      `NetworkPolicy ${name}-ingress ← observability-nodes`,
    ]),
    ...dashboardIds.map((id) => `ConfigMap observability-dashboard-${id} ← observability`),
    "Secret grafana-secrets ← grafana",
    ...observabilityServers.flatMap((name) => [
      `ObservabilityServer ${name} ← observability`,
      `StatefulWorkload ${name}-server ← ${name}`,
      `StatefulSet ${name}-server-pods ← ${name}-server`,
      `NetworkPolicy ${name}-server-ingress ← ${name}-server`,
      `Service ${name}-service ← ${name}-server`,
    ]),
    ...withFiles.map((name) => `ConfigMap ${name}-config ← ${name}`),
    ...withPeers.flatMap((name) => [
      `NetworkPolicy ${name}-peers ← ${name}`,
      `Service ${name}-peers-service ← ${name}-server`,
    ]),
    ...connecting.map((name) => `NetworkPolicy ${name}-egress ← ${name}`),
    ...withApiAccess.flatMap((name) => rights(name, name)),
  ];
}

/** An account that may read in both namespaces of the stack. */
function rights(workload: string, parent: string): string[] {
  return [
    `ServiceAccount ${workload}-account ← ${parent}`,
    ...["", "-nodes"].flatMap((suffix) => [
      `Role ${workload}-role${suffix} ← ${parent}`,
      `RoleBinding ${workload}-role${suffix}-binding ← ${parent}`,
    ]),
  ];
}
