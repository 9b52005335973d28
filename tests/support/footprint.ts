import type { Footprint, WorkloadFootprint } from "../../cli/budget/footprint.ts";

const Gi = 2 ** 30;

/** A footprint of one Deployment that requests 1 CPU and 1 GiB, up to four pods. */
export function footprintOf(change: Partial<WorkloadFootprint>, rest: Partial<Footprint> = {}): Footprint {
  const one = {
    name: "api",
    kind: "Deployment",
    pods: { min: 1, max: 4 },
    requests: { cpu: 1, memory: Gi },
    limits: { cpu: 0, memory: Gi },
    volumes: [],
  };
  return { workloads: [{ ...one, ...change }], claims: [], loadBalancers: 0, ...rest };
}
