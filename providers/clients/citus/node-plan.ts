import type { CitusNode } from "./catalog.ts";

export interface DesiredNodes {
  coordinator: string;
  workers: readonly string[];
  port: number;
}

/** One statement on the coordinator. */
export type NodeStep =
  | { kind: "coordinator" | "add" | "activate" | "take shards" | "remove"; host: string; port: number }
  | { kind: "readdress"; host: string; port: number; id: number };

export interface NodePlan {
  steps: NodeStep[];
  /** How pg_dist_node differs from the desired nodes, a few words each. */
  drift: string[];
  /** Why the steps must not run. */
  error?: string;
}

/**
 * Plans the steps from the rows of pg_dist_node to the desired nodes. Never removes a node that
 * holds shards.
 *
 * @param groups each worker's own group, by its host. They distinguish a worker whose row was
 * renamed from a new one, and one that lost its volume from a healthy one. A preview plans without
 * them, and finds less.
 */
export function planNodes(
  nodes: readonly CitusNode[],
  desired: DesiredNodes,
  groups: ReadonlyMap<string, number> = new Map(),
): NodePlan {
  const { port } = desired;
  const plan: NodePlan = { steps: [], drift: [] };
  const add = (
    kind: Exclude<NodeStep["kind"], "readdress">,
    address: Pick<CitusNode, "host" | "port">,
    drift: string,
  ) => {
    plan.steps.push({ kind, host: address.host, port: address.port });
    plan.drift.push(drift);
  };

  const coordinator = nodes.find(({ group }) => group === 0);
  if (!hasAddress(coordinator, desired.coordinator, port))
    add("coordinator", { host: desired.coordinator, port }, describeCoordinator(coordinator, desired));
  const matched = new Set<CitusNode>();
  for (const host of desired.workers) {
    const group = groups.get(host);
    const row = findWorkerNode(nodes, desired, host, group);
    if (row === undefined) {
      add("add", { host, port }, `${host} is not one of its nodes`);
      continue;
    }
    matched.add(row);
    if (group === 0 && row.shards > 0) return { ...plan, error: lostVolumeMessage(row) };
    if (group === 0) {
      add("remove", row, `${host} is empty`);
      add("add", { host, port }, `${host} is to be joined again`);
      continue;
    }
    if (!hasAddress(row, host, port)) {
      plan.steps.push({ kind: "readdress", host, port, id: row.id });
      plan.drift.push(`${host} is known as ${row.host}:${row.port}`);
    }
    if (!row.active) add("activate", { host, port }, `${host} is disabled`);
    if (!row.takesShards) add("take shards", { host, port }, `${host} takes no shards`);
  }
  for (const node of findUndeclaredNodes(nodes, desired, matched)) {
    if (node.shards === 0) add("remove", node, `${node.host}:${node.port} is not declared`);
    else plan.drift.push(undeclaredNodeMessage(node));
  }
  return plan;
}

const hasAddress = (node: CitusNode | undefined, host: string, port: number) =>
  node !== undefined && node.host === host && node.port === port;

const describeCoordinator = (row: CitusNode | undefined, { coordinator }: DesiredNodes) =>
  row === undefined ? `${coordinator} is not its coordinator` : `the coordinator is known as ${row.host}:${row.port}`;

/**
 * Finds a worker's row by its address. Without one, finds it by the worker's own group, or by the
 * host with another port, under an address that no declared worker has.
 */
function findWorkerNode(
  nodes: readonly CitusNode[],
  { workers, port }: DesiredNodes,
  host: string,
  group: number | undefined,
): CitusNode | undefined {
  const named = nodes.find((node) => node.group !== 0 && node.host === host && node.port === port);
  if (named !== undefined) return named;
  const isFree = (node: CitusNode) => !workers.some((worker) => hasAddress(node, worker, port));
  const sameGroup =
    group === undefined || group === 0 ? undefined : nodes.find((node) => node.group === group && isFree(node));
  return sameGroup ?? nodes.find((node) => node.group !== 0 && node.host === host && isFree(node));
}

function findUndeclaredNodes(
  nodes: readonly CitusNode[],
  { workers, port }: DesiredNodes,
  matched: ReadonlySet<CitusNode>,
): CitusNode[] {
  return nodes.filter(
    (node) => node.group !== 0 && !matched.has(node) && !workers.some((worker) => hasAddress(node, worker, port)),
  );
}

/** Says what a person must do: the node stays as long as it holds data. */
export const undeclaredNodeMessage = ({ host, port, shards }: Pick<CitusNode, "host" | "port" | "shards">) =>
  `${host}:${port} is not declared, but holds ${shards} shards: move them away with select citus_drain_node('${host}', ${port}, 'block_writes'), or declare it`;

const lostVolumeMessage = ({ host, port, shards }: CitusNode) =>
  `${host}:${port} is empty, but ${shards} shards are to be there: its volume was lost or replaced. Bring the volume or a backup back; data that was only there is lost`;

/**
 * True if a worker is empty while another has several shards: it has just joined, or the run that
 * joined it was interrupted.
 */
export function needsRebalance(nodes: readonly CitusNode[]): boolean {
  const workers = nodes.filter(({ group, takesShards }) => group !== 0 && takesShards);
  return workers.some(({ shards }) => shards === 0) && workers.some(({ shards }) => shards > 1);
}
