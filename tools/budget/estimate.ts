import type { Range } from "@plinth/policy/scaling.ts";
import { type Footprint, total } from "./footprint.ts";
import type { Cloud, Disk } from "./prices.ts";

/** Hours of a month, as the clouds' own calculators count it. */
const HOURS = 730;
const GIB = 2 ** 30;

/** Part of a node that pods may have; the rest is the system's, the kubelet's and what every node runs. */
const USABLE = 0.85;

/** Monthly cost in US dollars. */
export interface Estimate {
  nodes: number;
  compute: number;
  storage: number;
  controlPlane: number;
  /** Absent where the price file has no price, and then not in the sum either. */
  loadBalancers?: number;
  sum: number;
}

export function estimate(footprint: Footprint, cloud: Cloud, bound: keyof Range): Estimate {
  const nodes = nodesFor(footprint, cloud, bound);
  const compute = nodes * cloud.node.amount * HOURS;
  const volumes = [...footprint.claims, ...footprint.workloads.flatMap((workload) => workload.volumes)];
  const storage = volumes.reduce((all, volume) => all + diskCost(volume, cloud.disks), 0);
  const controlPlane = cloud.controlPlane.amount * HOURS;
  const loadBalancers = cloud.loadBalancer && footprint.loadBalancers * cloud.loadBalancer.amount * HOURS;
  const sum = compute + storage + controlPlane + (loadBalancers ?? 0);
  return { nodes, compute, storage, controlPlane, ...(loadBalancers !== undefined && { loadBalancers }), sum };
}

/** Enough for what is requested, and one for each pod of a StatefulSet: copies on one node are lost together. */
function nodesFor(footprint: Footprint, { node }: Cloud, bound: keyof Range): number {
  const { requests } = total(footprint, bound);
  const copies = footprint.workloads.filter(({ kind }) => kind === "StatefulSet").map(({ pods }) => pods[bound]);
  return Math.max(
    1,
    ...copies,
    Math.ceil(requests.cpu / (node.cpu * USABLE)),
    Math.ceil(requests.memory / (node.memoryGib * GIB * USABLE)),
  );
}

/** A volume takes the smallest disk that holds it, or several of the largest. */
function diskCost(bytes: number, disks: readonly Disk[]): number {
  const gib = bytes / GIB;
  const last = disks[disks.length - 1]!;
  const { gib: fixed, amount } = disks.find((disk) => disk.gib === undefined || disk.gib >= gib) ?? last;
  return fixed === undefined ? gib * amount : Math.ceil(gib / fixed) * amount;
}
