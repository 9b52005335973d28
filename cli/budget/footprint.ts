import { kindOf, nameOf, specOf } from "@plinth/policy/manifest.ts";
import type { DeclaredResource } from "@plinth/policy/policy.ts";
import { findAutoscalers, type ReplicaRange, replicaRange } from "@plinth/policy/scaling.ts";
import { type Container, type PodSpec, readWorkload, type Workload } from "@plinth/policy/workload.ts";
import { parseQuantity } from "./quantity.ts";

/** Cores and bytes. */
export interface ResourceAmount {
  cpu: number;
  memory: number;
}

/** What one workload asks of a cluster. */
export interface WorkloadFootprint {
  name: string;
  kind: string;
  /** The range that autoscalers and jobs allow. */
  pods: ReplicaRange;
  /** Of each pod. */
  requests: ResourceAmount;
  limits: ResourceAmount;
  /** Bytes of each of its volumes, at the fewest pods. */
  volumes: number[];
}

export interface Footprint {
  workloads: WorkloadFootprint[];
  /** Bytes of each volume that belongs to no workload. */
  claims: number[];
  loadBalancers: number;
}

interface ClaimSpec {
  resources?: { requests?: { storage?: string | number } };
}

/** The requests of a stack's manifests, as the scheduler counts them. */
export function measureFootprint(resources: readonly DeclaredResource[]): Footprint {
  const scalers = findAutoscalers(resources);
  const workloads = resources.flatMap((resource) => {
    const workload = readWorkload(resource);
    return workload === undefined ? [] : [measureWorkload(workload, scalers)];
  });
  const claims = resources
    .filter((resource) => kindOf(resource) === "PersistentVolumeClaim")
    .map((resource) => claimSize(specOf(resource)));
  return { workloads, claims, loadBalancers: resources.filter(needsLoadBalancer).length };
}

/** The sum at the fewest or at the most pods. */
export function totalFootprint(
  { workloads, claims }: Footprint,
  bound: keyof ReplicaRange,
): { pods: number; requests: ResourceAmount; limits: ResourceAmount; storage: number } {
  const times = (pick: (one: WorkloadFootprint) => number) => sum(workloads.map((one) => one.pods[bound] * pick(one)));
  return {
    pods: sum(workloads.map(({ pods }) => pods[bound])),
    requests: { cpu: times(({ requests }) => requests.cpu), memory: times(({ requests }) => requests.memory) },
    limits: { cpu: times(({ limits }) => limits.cpu), memory: times(({ limits }) => limits.memory) },
    storage: sum([...claims, ...workloads.flatMap(({ volumes }) => volumes)]),
  };
}

function measureWorkload(workload: Workload, scalers: readonly DeclaredResource[]): WorkloadFootprint {
  return {
    name: nameOf(workload.resource),
    kind: workload.kind,
    pods: podCount(workload, scalers),
    requests: podResources(workload.pod, "requests"),
    limits: podResources(workload.pod, "limits"),
    volumes: volumeSizes(workload),
  };
}

/** At the fewest, no job runs. */
function podCount(workload: Workload, scalers: readonly DeclaredResource[]): ReplicaRange {
  const isJob = workload.kind === "Job" || workload.kind === "CronJob";
  return isJob
    ? { min: 0, max: specOf<{ parallelism?: number }>(workload.resource).parallelism ?? 1 }
    : replicaRange(workload, scalers);
}

/** The sum of containers and sidecars, or more while an init container runs. */
function podResources({ containers = [], initContainers = [] }: PodSpec, side: "requests" | "limits"): ResourceAmount {
  const need = (name: keyof ResourceAmount) => {
    let sidecars = 0;
    let starting = 0;
    for (const container of initContainers) {
      const own = containerResource(container, side, name);
      if (container.restartPolicy === "Always") sidecars += own;
      starting = Math.max(starting, container.restartPolicy === "Always" ? sidecars : sidecars + own);
    }
    return Math.max(starting, sidecars + sum(containers.map((container) => containerResource(container, side, name))));
  };
  return { cpu: need("cpu"), memory: need("memory") };
}

function containerResource({ resources }: Container, side: "requests" | "limits", name: keyof ResourceAmount): number {
  // The API server uses the limit as a missing request.
  const value = resources?.[side]?.[name] ?? (side === "requests" ? resources?.limits?.[name] : undefined);
  return value === undefined ? 0 : parseQuantity(value);
}

function volumeSizes({ kind, resource, replicas }: Workload): number[] {
  if (kind !== "StatefulSet") return [];
  const { volumeClaimTemplates = [] } = specOf<{ volumeClaimTemplates?: { spec?: ClaimSpec }[] }>(resource);
  const one = volumeClaimTemplates.map(({ spec = {} }) => claimSize(spec));
  return Array.from({ length: replicas }, () => one).flat();
}

function claimSize({ resources }: ClaimSpec): number {
  return parseQuantity(resources?.requests?.storage ?? 0);
}

/** Whether a cloud creates a load balancer for it. */
function needsLoadBalancer(resource: DeclaredResource): boolean {
  const kind = kindOf(resource);
  return kind === "Gateway" || (kind === "Service" && specOf<{ type?: string }>(resource).type === "LoadBalancer");
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
