import { eventually, waitUntil } from "../eventually.ts";
import type { KubernetesApi, KubernetesObject } from "./api.ts";

interface Status {
  observedGeneration?: number;
  replicas?: number;
  updatedReplicas?: number;
  readyReplicas?: number;
  currentRevision?: string;
  updateRevision?: string;
}

/**
 * Waits until every workload of a namespace has ready pods of its newest revision, at least as many
 * as its autoscaler's minimum.
 * @throws {Error} that names the others
 */
export async function waitForRollout(api: KubernetesApi, namespace: string, seconds = 40): Promise<void> {
  const waiting = async () => {
    const scaling = (await api.list("autoscaling/v2", "HorizontalPodAutoscaler", namespace)).filter(
      (each) => !isScaled(each),
    );
    const rolling = (await workloads(api, namespace)).filter((each) => !isRolledOut(each));
    return [...scaling, ...rolling].map(described);
  };
  await waitUntil(
    `the workloads of ${namespace} are rolled out`,
    waiting,
    (names) => names.length === 0,
    seconds * 1000,
  );
}

export async function workloads(api: KubernetesApi, namespace: string): Promise<KubernetesObject[]> {
  const kinds = await Promise.all(
    ["StatefulSet", "Deployment", "DaemonSet"].map((kind) => api.list("apps/v1", kind, namespace)),
  );
  return kinds.flat();
}

/**
 * Deletes the manifests' objects with their pods and claims, but keeps the namespace, whose
 * deletion takes ten seconds.
 */
export async function removeAll(api: KubernetesApi, manifests: KubernetesObject[], namespace: string): Promise<void> {
  await Promise.all(manifests.filter(({ kind }) => kind !== "Namespace").map((manifest) => api.delete(manifest)));
  for (const kind of ["Pod", "PersistentVolumeClaim"]) {
    await eventually(`nothing is left of ${kind}`, async () => {
      const remaining = await api.list("v1", kind, namespace);
      await Promise.all(remaining.map((object) => api.delete(object)));
      return remaining.length === 0;
    });
  }
}

function isRolledOut(workload: KubernetesObject): boolean {
  const { kind, metadata, spec, status } = workload;
  if (kind === "DaemonSet") return runsOnEachNode(workload);
  const { replicas: wanted = 1 } = spec as { replicas?: number };
  const {
    observedGeneration = 0,
    replicas = 0,
    updatedReplicas = 0,
    readyReplicas = 0,
    ...revisions
  } = (status ?? {}) as Status;
  if (observedGeneration < (metadata.generation ?? 0)) return false;
  if (kind === "StatefulSet" && revisions.currentRevision !== revisions.updateRevision) return false;
  return replicas === wanted && updatedReplicas === wanted && readyReplicas === wanted;
}

function runsOnEachNode({ metadata, status }: KubernetesObject): boolean {
  const { observedGeneration = 0, desiredNumberScheduled: wanted = 0, ...pods } = (status ?? {}) as DaemonSetStatus;
  if (observedGeneration < (metadata.generation ?? 0)) return false;
  return wanted > 0 && pods.updatedNumberScheduled === wanted && pods.numberReady === wanted;
}

interface DaemonSetStatus {
  observedGeneration?: number;
  desiredNumberScheduled?: number;
  updatedNumberScheduled?: number;
  numberReady?: number;
}

function isScaled({ spec, status }: KubernetesObject): boolean {
  const { minReplicas = 1 } = spec as { minReplicas?: number };
  return ((status ?? {}) as { currentReplicas?: number }).currentReplicas! >= minReplicas;
}

function described({ kind, metadata, spec, status }: KubernetesObject): string {
  return `${kind} ${metadata.name}: ${JSON.stringify(status)} of ${(spec as { replicas?: number }).replicas}`;
}
