import type { ReplicaRange } from "@plinth/policy/scaling.ts";
import { formatTable } from "../terminal/table.ts";
import { estimateCost } from "./cost.ts";
import { type Footprint, totalFootprint } from "./footprint.ts";
import { type Cloud, clouds } from "./prices.ts";
import { formatBytes, formatCores } from "./quantity.ts";

export interface BudgetReport {
  text: string;
  /** Whether the stack requests no more memory than it may. */
  withinLimit: boolean;
}

/**
 * The report of `make budget`: a stack's requests and their cost.
 *
 * @param limit bytes of memory that the stack may request
 */
export function createBudgetReport(stack: string, footprint: Footprint, limit: number | undefined): BudgetReport {
  const { memory } = totalFootprint(footprint, "max").requests;
  const within = limit === undefined || memory <= limit;
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
  return { text: [...parts, limitSentence(stack, memory, limit, within)].join("\n"), withinLimit: within };
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
  const cost = estimateCost(footprint, cloud, bound);
  const balancers = cost.loadBalancers === undefined ? "not priced" : formatDollars(cost.loadBalancers);
  const nodes = `${cost.nodes} × ${cloud.node.type}`;
  const amounts = [
    formatDollars(cost.compute),
    formatDollars(cost.storage),
    formatDollars(cost.controlPlane),
    balancers,
    formatDollars(cost.total),
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

function limitSentence(stack: string, memory: number, limit: number | undefined, within: boolean): string {
  if (limit === undefined) return `Stack ${stack} has no limit.`;
  const share = `${formatBytes(memory)} of the ${formatBytes(limit)} (${limit / 1e9} GB) of memory that stack ${stack} may request`;
  return within
    ? `It requests ${share}.`
    : `It requests ${share}: lower requests, replicas or autoscalers' maxima, or raise cli/budget/memory-limits.ts.`;
}

function formatRange({ min, max }: ReplicaRange): string {
  return min === max ? String(min) : `${min}–${max}`;
}

function formatDollars(amount: number): string {
  return amount.toFixed(0);
}
