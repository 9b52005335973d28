import type { ReplicaRange } from "@plinth/policy/scaling.ts";
import type { Footprint, ResourceAmount } from "./footprint.ts";
import type { Cloud, Disk } from "./prices.ts";

/** As in the clouds' price calculators. */
const HOURS_PER_MONTH = 730;
const GIB = 2 ** 30;

/** Share of a node for pods; the system, the kubelet and DaemonSets take the rest. */
const ALLOCATABLE_SHARE = 0.85;

/** Monthly cost in US dollars. */
export interface CostEstimate {
  nodes: number;
  compute: number;
  storage: number;
  controlPlane: number;
  /** Absent where the price file has no price; the sum then lacks it too. */
  loadBalancers?: number;
  total: number;
}

export function estimateCost(footprint: Footprint, cloud: Cloud, bound: keyof ReplicaRange): CostEstimate {
  const nodes = countNodes(footprint, cloud, bound);
  const compute = nodes * cloud.node.amount * HOURS_PER_MONTH;
  const volumes = [...footprint.claims, ...footprint.workloads.flatMap((workload) => workload.volumes)];
  const storage = volumes.reduce((all, volume) => all + diskCost(volume, cloud.disks), 0);
  const controlPlane = cloud.controlPlane.amount * HOURS_PER_MONTH;
  const loadBalancers = loadBalancerCost(footprint.loadBalancers, cloud);
  const sum = compute + storage + controlPlane + (loadBalancers ?? 0);
  return { nodes, compute, storage, controlPlane, ...(loadBalancers !== undefined && { loadBalancers }), total: sum };
}

function loadBalancerCost(count: number, { loadBalancer }: Cloud): number | undefined {
  if (count === 0) return 0;
  return loadBalancer && count * loadBalancer.amount * HOURS_PER_MONTH;
}

/**
 * Fills nodes as a scheduler does: the largest pod first, each onto the first node with room. Two
 * pods of a StatefulSet never share a node, because they would be lost together.
 */
function countNodes({ workloads }: Footprint, { node }: Cloud, bound: keyof ReplicaRange): number {
  const room: ResourceAmount = { cpu: node.cpu * ALLOCATABLE_SHARE, memory: node.memoryGib * GIB * ALLOCATABLE_SHARE };
  const share = ({ cpu, memory }: ResourceAmount) => Math.max(cpu / room.cpu, memory / room.memory);
  const pods = workloads
    .flatMap(({ name, kind, pods: { [bound]: count }, requests }) =>
      Array.from({ length: count }, () => ({ name, kind, ...requests })),
    )
    .sort((one, other) => share(other) - share(one));
  const nodes: { cpu: number; memory: number; sets: Set<string> }[] = [];
  let oversize = 0;
  for (const { name, kind, cpu, memory } of pods) {
    // A pod larger than a node counts as the nodes that it would fill.
    oversize += Math.max(0, Math.ceil(share({ cpu, memory })) - 1);
    const apart = kind === "StatefulSet";
    const free = nodes.find((one) => one.cpu >= cpu && one.memory >= memory && !(apart && one.sets.has(name)));
    const place = free ?? { ...room, sets: new Set<string>() };
    if (free === undefined) nodes.push(place);
    place.cpu -= cpu;
    place.memory -= memory;
    if (apart) place.sets.add(name);
  }
  return Math.max(1, nodes.length + oversize);
}

/** A volume takes the smallest disk that holds it, or several of the largest. */
function diskCost(bytes: number, disks: readonly Disk[]): number {
  const gib = bytes / GIB;
  const last = disks[disks.length - 1]!;
  const { gib: fixed, amount } = disks.find((disk) => disk.gib === undefined || disk.gib >= gib) ?? last;
  return fixed === undefined ? gib * amount : Math.ceil(gib / fixed) * amount;
}
