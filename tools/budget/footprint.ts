import { kindOf, nameOf, specOf } from "@plinth/policy/manifest.ts";
import type { Declared } from "@plinth/policy/policy.ts";
import { podRange, type Range, scalersIn } from "@plinth/policy/scaling.ts";
import { type Container, type PodSpec, type Workload, workload } from "@plinth/policy/workload.ts";
import { quantity } from "./quantity.ts";

/** Cores and bytes. */
export interface Amount {
  cpu: number;
  memory: number;
}

/** What one workload asks of a cluster. */
export interface WorkloadFootprint {
  name: string;
  kind: string;
  /** From the fewest to the most that autoscalers and jobs make of it. */
  pods: Range;
  /** Of each pod. */
  requests: Amount;
  limits: Amount;
  /** Bytes of each of its volumes, at the fewest pods; claims outlive pods, so that the most may have been made. */
  volumes: number[];
}

export interface Footprint {
  workloads: WorkloadFootprint[];
  /** Volumes of no workload. */
  claims: number[];
  loadBalancers: number;
}

interface ClaimSpec {
  resources?: { requests?: { storage?: string | number } };
}

/** What a stack's manifests ask for, as the scheduler counts it. */
export function footprint(resources: readonly Declared[]): Footprint {
  const scalers = scalersIn(resources);
  const workloads = resources.flatMap((resource) => {
    const found = workload(resource);
    return found === undefined ? [] : [measure(found, scalers)];
  });
  const claims = resources.filter((resource) => kindOf(resource) === "PersistentVolumeClaim").map((resource) => size(specOf(resource)));
  return { workloads, claims, loadBalancers: resources.filter(balances).length };
}

/** Everything together, at the fewest or at the most pods. */
export function total(
  { workloads, claims }: Footprint,
  bound: keyof Range,
): { pods: number; requests: Amount; limits: Amount; storage: number } {
  const times = (pick: (one: WorkloadFootprint) => number) => sum(workloads.map((one) => one.pods[bound] * pick(one)));
  return {
    pods: sum(workloads.map(({ pods }) => pods[bound])),
    requests: { cpu: times(({ requests }) => requests.cpu), memory: times(({ requests }) => requests.memory) },
    limits: { cpu: times(({ limits }) => limits.cpu), memory: times(({ limits }) => limits.memory) },
    storage: sum([...claims, ...workloads.flatMap(({ volumes }) => volumes)]),
  };
}

function measure(found: Workload, scalers: readonly Declared[]): WorkloadFootprint {
  return {
    name: nameOf(found.resource),
    kind: found.kind,
    pods: podsOf(found, scalers),
    requests: amount(found.pod, "requests"),
    limits: amount(found.pod, "limits"),
    volumes: volumesOf(found),
  };
}

/** A job is gone when it is done; what else there is stays. */
function podsOf(found: Workload, scalers: readonly Declared[]): Range {
  const isJob = found.kind === "Job" || found.kind === "CronJob";
  return isJob ? { min: 0, max: specOf<{ parallelism?: number }>(found.resource).parallelism ?? 1 } : podRange(found, scalers);
}

/** A pod's need: its containers and sidecars together, or more while one of its init containers runs. */
function amount({ containers = [], initContainers = [] }: PodSpec, side: "requests" | "limits"): Amount {
  const need = (name: keyof Amount) => {
    let sidecars = 0;
    let starting = 0;
    for (const container of initContainers) {
      const own = ofContainer(container, side, name);
      if (container.restartPolicy === "Always") sidecars += own;
      starting = Math.max(starting, container.restartPolicy === "Always" ? sidecars : sidecars + own);
    }
    return Math.max(starting, sidecars + sum(containers.map((container) => ofContainer(container, side, name))));
  };
  return { cpu: need("cpu"), memory: need("memory") };
}

function ofContainer({ resources }: Container, side: "requests" | "limits", name: keyof Amount): number {
  // The API server takes a limit for the request that is not there.
  const value = resources?.[side]?.[name] ?? (side === "requests" ? resources?.limits?.[name] : undefined);
  return value === undefined ? 0 : quantity(value);
}

function volumesOf({ kind, resource, replicas }: Workload): number[] {
  if (kind !== "StatefulSet") return [];
  const { volumeClaimTemplates = [] } = specOf<{ volumeClaimTemplates?: { spec?: ClaimSpec }[] }>(resource);
  const one = volumeClaimTemplates.map(({ spec = {} }) => size(spec));
  return Array.from({ length: replicas }, () => one).flat();
}

function size({ resources }: ClaimSpec): number {
  return quantity(resources?.requests?.storage ?? 0);
}

/** What a cloud answers with a load balancer. */
function balances(resource: Declared): boolean {
  const kind = kindOf(resource);
  return kind === "Gateway" || (kind === "Service" && specOf<{ type?: string }>(resource).type === "LoadBalancer");
}

function sum(numbers: number[]): number {
  return numbers.reduce((all, one) => all + one, 0);
}
