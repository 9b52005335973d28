import type { ResourcePolicy } from "../policy.ts";
import {
  type Container,
  containerPorts,
  inspectContainers,
  isLongRunning,
  type Probe,
  type Workload,
} from "../workload.ts";

/** Sidecars count: an init container that keeps running may serve requests. */
export const probes: ResourcePolicy = {
  name: "probes",
  refuses: "containers that serve without a readiness and a liveness probe, and probes of ports that no container has",
  validateResource: (resource) =>
    inspectContainers(resource, (container, workload) => {
      if (!isLongRunning(workload) || !keepsRunning(container, workload) || !container.ports?.length) return [];
      const missing = (["readinessProbe", "livenessProbe"] as const).filter((probe) => container[probe] === undefined);
      return [
        ...missing.map((probe) => `has ports but no ${probe}; add one that requests what it really serves`),
        ...probesOfUnknownPorts(container, workload),
      ];
    }),
};

function keepsRunning(container: Container, { pod }: Workload): boolean {
  return container.restartPolicy === "Always" || (pod.containers ?? []).includes(container);
}

function probesOfUnknownPorts(container: Container, workload: Workload): string[] {
  const known = containerPorts(workload);
  return (["readinessProbe", "livenessProbe", "startupProbe"] as const).flatMap((probe) => {
    const port = portOf(container[probe]);
    if (port === undefined || known.some(({ name, number }) => port === name || Number(port) === number)) return [];
    return [`has a ${probe} of port ${port}, which no container of the pod has; name a port that it serves`];
  });
}

function portOf(probe: Probe | undefined): string | number | undefined {
  return probe?.httpGet?.port ?? probe?.tcpSocket?.port ?? probe?.grpc?.port;
}
