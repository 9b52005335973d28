import { ApiServer } from "@plinth/providers/clients/kubernetes/api-server.ts";

/** A pod as `make status` and `make wait` show it. */
export interface PodState {
  name: string;
  ready: boolean;
  /** The phase, such as "Running", or why a container waits, such as "ImagePullBackOff". */
  state: string;
  restarts: number;
  node: string;
}

/** The fields of a pod that are used here. */
export interface Pod {
  metadata: { name: string; uid?: string; deletionTimestamp?: string; labels?: Record<string, string> };
  spec: { nodeName?: string; containers: { name: string }[] };
  status: {
    phase: string;
    conditions?: { type: string; status: string }[];
    containerStatuses?: { restartCount: number; state?: { waiting?: { reason?: string } } }[];
  };
}

/**
 * All pods of the namespace that are not terminating.
 *
 * @throws {@link UserError} when the cluster cannot be reached
 */
export async function listPodStates({
  context,
  namespace,
}: {
  context: string;
  namespace: string;
}): Promise<PodState[]> {
  const items = await listPods(await ApiServer.forContext(context), namespace);
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(podState);
}

export async function listPods(server: ApiServer, namespace: string): Promise<Pod[]> {
  return ((await server.get(`/api/v1/namespaces/${namespace}/pods`)) as { items: Pod[] }).items;
}

function podState({ metadata, spec, status }: Pod): PodState {
  const containers = status.containerStatuses ?? [];
  const waiting = containers.flatMap(({ state }) => state?.waiting?.reason ?? [])[0];
  return {
    name: metadata.name,
    ready: status.conditions?.some(({ type, status: holds }) => type === "Ready" && holds === "True") ?? false,
    state: waiting ?? status.phase,
    restarts: containers.reduce((sum, { restartCount }) => sum + restartCount, 0),
    node: spec.nodeName ?? "",
  };
}
