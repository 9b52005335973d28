import { eventually } from "../eventually.ts";
import { isReady, type KubernetesObject } from "./api.ts";
import type { Cluster } from "./cluster.ts";

/** A workload of a cluster whose pod stands for servers of this machine. */
export interface StandIn {
  namespace: string;
  /** Name of the StatefulSet; its one pod is `<name>-0`. */
  name: string;
  /** Headless Service, which gives the pod its DNS name. */
  headless: string;
  /** By Service and port: the local port that stands for the pod's port of that number. */
  services: Record<string, Record<number, number>>;
}

/**
 * Applies Services and a StatefulSet like a stack's, waits until the pod is ready, and leads its
 * ports to this machine.
 */
export async function createStandIn(
  { api, forward }: Cluster,
  { namespace, name, headless, services }: StandIn,
): Promise<void> {
  await api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  const all: Record<number, number> = Object.assign({}, ...Object.values(services));
  const workload = statefulSet(namespace, name, headless, Object.keys(all).map(Number));
  await Promise.all([
    api.apply(service(namespace, headless, name, Object.keys(all).map(Number), true)),
    ...Object.entries(services).map(([each, ports]) =>
      api.apply(service(namespace, each, name, Object.keys(ports).map(Number))),
    ),
    api.apply(workload),
    ...Object.entries(all).map(([port, local]) => forward({ namespace, name: `${name}-0`, port: Number(port) }, local)),
  ]);
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { namespace, name: `${name}-0` } };
  await eventually(`pod ${name}-0 is ready`, async () => isReady(await api.get(pod)), 30);
  for (const each of [headless, ...Object.keys(services)]) {
    await eventually(`service ${each} leads to ${name}-0`, () => hasEndpoint({ api }, namespace, each), 30);
  }
}

async function hasEndpoint({ api }: Pick<Cluster, "api">, namespace: string, service: string): Promise<boolean> {
  const slices = await api.list("discovery.k8s.io/v1", "EndpointSlice", namespace);
  return slices
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
    .some(({ endpoints }) =>
      ((endpoints ?? []) as { conditions: { ready: boolean } }[]).some(({ conditions }) => conditions.ready),
    );
}

function service(namespace: string, name: string, app: string, ports: number[], headless = false): KubernetesObject {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { namespace, name },
    spec: {
      selector: { app },
      ...(headless ? { clusterIP: "None" } : {}),
      ports: ports.map((port) => ({ name: `port-${port}`, port, targetPort: port })),
    },
  };
}

function statefulSet(namespace: string, name: string, serviceName: string, ports: number[]): KubernetesObject {
  const container = { name, image: "stand-in:1", ports: ports.map((containerPort) => ({ containerPort })) };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { namespace, name },
    spec: {
      serviceName,
      replicas: 1,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: { containers: [container] } },
    },
  };
}
