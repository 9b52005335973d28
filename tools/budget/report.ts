import type { Range } from "@plinth/policy/scaling.ts";
import { table } from "../table.ts";
import { estimate } from "./estimate.ts";
import { type Footprint, total } from "./footprint.ts";
import { type Cloud, clouds } from "./prices.ts";
import { bytes, cores } from "./quantity.ts";

export interface Report {
  text: string;
  /** Whether the stack may ask for so much. */
  within: boolean;
}

/** What a stack asks of a cluster and what that costs, for people. `bound`: bytes of memory that it may request, if there is one. */
export function report(stack: string, footprint: Footprint, bound: number | undefined): Report {
  const { memory } = total(footprint, "max").requests;
  const within = bound === undefined || memory <= bound;
  const parts = [`Stack ${stack}: what its manifests ask of a cluster`, "", workloads(footprint), "", costs(footprint), "", sources(), ""];
  return { text: [...parts, verdict(stack, memory, bound, within)].join("\n"), within };
}

function workloads(footprint: Footprint): string {
  const rows = footprint.workloads.map(({ name, kind, pods, requests, limits, volumes }) => [
    name,
    kind,
    range(pods),
    cores(requests.cpu),
    bytes(requests.memory),
    bytes(limits.memory),
    volumes.length > 0 ? `${volumes.length} × ${bytes(volumes[0]!)}` : "",
  ]);
  const claims = footprint.claims.map((size) => ["", "PersistentVolumeClaim", "", "", "", "", bytes(size)]);
  const totals = (["min", "max"] as const).map((bound) => {
    const { pods, requests, limits, storage } = total(footprint, bound);
    const name = bound === "min" ? "all, at rest" : "all, at most";
    return [name, "", String(pods), cores(requests.cpu), bytes(requests.memory), bytes(limits.memory), bytes(storage)];
  });
  return table(["workload", "kind", "pods", "cpu", "memory", "memory limit", "storage"], [...rows, ...claims, ...totals]);
}

function costs(footprint: Footprint): string {
  const rows = clouds.flatMap((cloud) => (["min", "max"] as const).map((bound) => cost(footprint, cloud, bound)));
  return table(["a month, in US dollars", "pods", "nodes", "compute", "volumes", "control plane", "load balancer", "sum"], rows);
}

function cost(footprint: Footprint, cloud: Cloud, bound: keyof Range): string[] {
  const found = estimate(footprint, cloud, bound);
  const balancers = found.loadBalancers === undefined ? "not priced" : dollars(found.loadBalancers);
  const nodes = `${found.nodes} × ${cloud.node.type}`;
  const amounts = [dollars(found.compute), dollars(found.storage), dollars(found.controlPlane), balancers, dollars(found.sum)];
  return [`${cloud.name}, ${cloud.region}`, bound === "min" ? "at rest" : "at most", nodes, ...amounts];
}

function sources(): string {
  const prices = clouds.flatMap(({ node, disks, controlPlane, loadBalancer }) => [
    node,
    ...disks,
    controlPlane,
    ...(loadBalancer ? [loadBalancer] : []),
  ]);
  const dates = prices.map(({ date }) => date).sort();
  return `On-demand list prices of ${dates[0]} to ${dates[dates.length - 1]} (tools/budget/prices.ts), without traffic, backups, discounts and taxes.`;
}

function verdict(stack: string, memory: number, bound: number | undefined, within: boolean): string {
  if (bound === undefined) return `Stack ${stack} has no bound.`;
  const asked = `${bytes(memory)} of the ${bytes(bound)} (${bound / 1e9} GB) of memory that stack ${stack} may request`;
  return within
    ? `It asks for ${asked}.`
    : `It asks for ${asked}: lower requests, replicas or autoscalers' maxima, or raise tools/budget/bounds.ts.`;
}

function range({ min, max }: Range): string {
  return min === max ? String(min) : `${min}–${max}`;
}

function dollars(amount: number): string {
  return amount.toFixed(0);
}
