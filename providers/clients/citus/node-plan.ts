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
  /** How pg_dist_node differs from what is wanted, a few words each. */
  drift: string[];
  /** Why nothing may be done. */
  error?: string;
}

/**
 * What leads from the rows of pg_dist_node to the wanted nodes. Nodes that hold shards are never
 * removed.
 *
 * @param groups the group that each worker believes to be, by its host: tells a worker whose row
 * was renamed from a new one, and a worker that has lost its volume from a healthy one. A plan
 * without them, made before the workers are asked, says less.
 */
export function planNodes(
  nodes: readonly CitusNode[],
  wanted: DesiredNodes,
  groups: ReadonlyMap<string, number> = new Map(),
): NodePlan {
  const { port } = wanted;
  const plan: NodePlan = { steps: [], drift: [] };
  const add = (kind: Exclude<NodeStep["kind"], "readdress">, host: string, at: number, words: string) => {
    plan.steps.push({ kind, host, port: at });
    plan.drift.push(words);
  };

  const coordinator = nodes.find(({ group }) => group === 0);
  if (!hasAddress(coordinator, wanted.coordinator, port))
    add("coordinator", wanted.coordinator, port, describeCoordinator(coordinator, wanted));
  const taken = new Set<CitusNode>();
  for (const host of wanted.workers) {
    const group = groups.get(host);
    const row = findWorkerNode(nodes, wanted, host, group);
    if (row === undefined) {
      add("add", host, port, `${host} is no node of it`);
      continue;
    }
    taken.add(row);
    if (group === 0 && row.shards > 0) return { ...plan, error: lostVolumeMessage(row) };
    if (group === 0) {
      add("remove", row.host, row.port, `${host} is empty`);
      add("add", host, port, `${host} is to be joined again`);
      continue;
    }
    if (!hasAddress(row, host, port)) {
      plan.steps.push({ kind: "readdress", host, port, id: row.id });
      plan.drift.push(`${host} is known as ${row.host}:${row.port}`);
    }
    if (!row.active) add("activate", host, port, `${host} is disabled`);
    if (!row.takesShards) add("take shards", host, port, `${host} takes no shards`);
  }
  for (const { host, port: at, shards } of findUndeclaredNodes(nodes, wanted, taken)) {
    if (shards === 0) add("remove", host, at, `${host}:${at} is not declared`);
    else plan.drift.push(undeclaredNodeMessage({ host, port: at, shards }));
  }
  return plan;
}

const hasAddress = (node: CitusNode | undefined, host: string, port: number) =>
  node !== undefined && node.host === host && node.port === port;

const describeCoordinator = (row: CitusNode | undefined, { coordinator }: DesiredNodes) =>
  row === undefined ? `${coordinator} is not its coordinator` : `the coordinator is known as ${row.host}:${row.port}`;

/**
 * By its name; or, when that is missing, by the group that the worker says it is, under a name that
 * nobody wants.
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
  const joined =
    group === undefined || group === 0 ? undefined : nodes.find((node) => node.group === group && isFree(node));
  return joined ?? nodes.find((node) => node.group !== 0 && node.host === host && isFree(node));
}

function findUndeclaredNodes(
  nodes: readonly CitusNode[],
  { workers, port }: DesiredNodes,
  taken: ReadonlySet<CitusNode>,
): CitusNode[] {
  return nodes.filter(
    (node) => node.group !== 0 && !taken.has(node) && !workers.some((worker) => hasAddress(node, worker, port)),
  );
}

/** What a person must do: it stays as long as it holds data. */
export const undeclaredNodeMessage = ({ host, port, shards }: Pick<CitusNode, "host" | "port" | "shards">) =>
  `${host}:${port} is not declared, but holds ${shards} shards: move them away with select citus_drain_node('${host}', ${port}, 'block_writes'), or declare it`;

const lostVolumeMessage = ({ host, port, shards }: CitusNode) =>
  `${host}:${port} is empty, but ${shards} shards are to be there: its volume was lost or replaced. Bring the volume or a backup back; what was only there cannot be made again`;

/**
 * Whether a worker holds nothing while another one could give: it was just joined, or the run that
 * joined it did not come to its end.
 */
export function needsRebalance(nodes: readonly CitusNode[]): boolean {
  const workers = nodes.filter(({ group, takesShards }) => group !== 0 && takesShards);
  return workers.some(({ shards }) => shards === 0) && workers.some(({ shards }) => shards > 1);
}
