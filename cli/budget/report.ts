import type { ReplicaRange } from "@plinth/policy/scaling.ts";
import { formatTable } from "../terminal/table.ts";
import { estimateCost } from "./cost.ts";
import { type Footprint, totalFootprint } from "./footprint.ts";
import { type Cloud, clouds } from "./prices.ts";
import { formatBytes, formatCores } from "./quantity.ts";

export interface BudgetReport {
  text: string;
  /** Whether the stack may ask for so much. */
  withinLimit: boolean;
}

/**
 * What a stack asks of a cluster and what that costs, for people. `bound`: bytes of memory that it
 * may request, if there is one.
 */
export function createBudgetReport(stack: string, footprint: Footprint, bound: number | undefined): BudgetReport {
  const { memory } = totalFootprint(footprint, "max").requests;
  const within = bound === undefined || memory <= bound;
  const parts = [
    `Stack ${stack}: what its manifests ask of a cluster`,
    "",
    workloadTable(footprint),
    "",
    costTable(footprint),
    "",
    priceSources(),
    "",
  ];
  return { text: [...parts, limitSentence(stack, memory, bound, within)].join("\n"), withinLimit: within };
}

function workloadTable(footprint: Footprint): string {
  const rows = footprint.workloads.map(({ name, kind, pods, requests, limits, volumes }) => [
    name,
    kind,
    formatRange(pods),
    formatCores(requests.cpu),
    formatBytes(requests.memory),
    formatBytes(limits.memory),
    volumes.length > 0 ? `${volumes.length} × ${formatBytes(volumes[0]!)}` : "",
  ]);
  const claims = footprint.claims.map((size) => ["", "PersistentVolumeClaim", "", "", "", "", formatBytes(size)]);
  const totals = (["min", "max"] as const).map((bound) => {
    const { pods, requests, limits, storage } = totalFootprint(footprint, bound);
    const name = bound === "min" ? "all, at rest" : "all, at most";
    return [
      name,
      "",
      String(pods),
      formatCores(requests.cpu),
      formatBytes(requests.memory),
      formatBytes(limits.memory),
      formatBytes(storage),
    ];
  });
  return formatTable(
    ["workload", "kind", "pods", "cpu", "memory", "memory limit", "storage"],
    [...rows, ...claims, ...totals],
  );
}

function costTable(footprint: Footprint): string {
  const rows = clouds.flatMap((cloud) => (["min", "max"] as const).map((bound) => costRow(footprint, cloud, bound)));
  return formatTable(
    ["a month, in US dollars", "pods", "nodes", "compute", "volumes", "control plane", "load balancer", "sum"],
    rows,
  );
}

function costRow(footprint: Footprint, cloud: Cloud, bound: keyof ReplicaRange): string[] {
  const found = estimateCost(footprint, cloud, bound);
  const balancers = found.loadBalancers === undefined ? "not priced" : formatDollars(found.loadBalancers);
  const nodes = `${found.nodes} × ${cloud.node.type}`;
  const amounts = [
    formatDollars(found.compute),
    formatDollars(found.storage),
    formatDollars(found.controlPlane),
    balancers,
    formatDollars(found.total),
  ];
  return [`${cloud.name}, ${cloud.region}`, bound === "min" ? "at rest" : "at most", nodes, ...amounts];
}

function priceSources(): string {
  const prices = clouds.flatMap(({ node, disks, controlPlane, loadBalancer }) => [
    node,
    ...disks,
    controlPlane,
    ...(loadBalancer ? [loadBalancer] : []),
  ]);
  const dates = prices.map(({ date }) => date).sort();
  return `On-demand list prices of ${dates[0]} to ${dates[dates.length - 1]} (cli/budget/prices.ts), without traffic, backups, discounts and taxes.`;
}

function limitSentence(stack: string, memory: number, bound: number | undefined, within: boolean): string {
  if (bound === undefined) return `Stack ${stack} has no bound.`;
  const asked = `${formatBytes(memory)} of the ${formatBytes(bound)} (${bound / 1e9} GB) of memory that stack ${stack} may request`;
  return within
    ? `It asks for ${asked}.`
    : `It asks for ${asked}: lower requests, replicas or autoscalers' maxima, or raise cli/budget/memory-limits.ts.`;
}

function formatRange({ min, max }: ReplicaRange): string {
  return min === max ? String(min) : `${min}–${max}`;
}

function formatDollars(amount: number): string {
  return amount.toFixed(0);
}
