import { UserError } from "@plinth/local/user-error.ts";
import pMap from "p-map";
import type { Client } from "pg";
import type { ClusterAccess } from "../kubernetes/access.ts";
import { type CitusNode, listNodes, readLocalGroup } from "./catalog.ts";
import { type DesiredNodes, type NodeStep, needsRebalance, planNodes } from "./node-plan.ts";
import { type ApplicationDatabase, prepareNode } from "./node-setup.ts";
import { findRunningJob, moveShards } from "./shard-moves.ts";
import { acquireSessionLock, type SuperuserAccess, type SuperuserSession, withSuperuser } from "./superuser.ts";

export interface DesiredCluster extends ApplicationDatabase, DesiredNodes {
  /** `postgresql://superuser:password@host:port/postgres` of the coordinator. */
  adminUrl: string;
  cluster?: ClusterAccess | undefined;
}

export interface FormedCluster {
  /** True if the nodes have the Citus extension. */
  distributed: boolean;
  /** Version of Citus; "" without it. */
  version: string;
  nodes: CitusNode[];
}

export interface FormOptions {
  /** Milliseconds to wait for a node that does not answer. */
  deadlineMs: number;
  /** Milliseconds to wait for shards that make no progress, or for another run. */
  stallMs: number;
}

/** How many nodes are prepared at the same time. */
const CONCURRENCY = 4;

/** Forms the desired cluster, also from what an interrupted run left. */
export async function formCluster(
  previous: Pick<DesiredCluster, "adminUrl" | "workers"> | undefined,
  desired: DesiredCluster,
  options: FormOptions,
): Promise<FormedCluster> {
  const { adminUrl, cluster, workers } = desired;
  const admin: SuperuserAccess = { adminUrl, cluster, previousUrl: previous?.adminUrl };
  const prepare = (host: string | undefined) => prepareNode(admin, host, desired, options.deadlineMs);
  const versions = await pMap([undefined, ...workers], prepare, { concurrency: CONCURRENCY });
  const version = requireSameVersion(workers, versions);
  if (version === undefined) return { distributed: false, version: "", nodes: [] };
  const session: SuperuserSession = (work) => withSuperuser(admin, desired, options.deadlineMs, work);
  const joined = await session((client) => joinNodes(client, admin, desired, options));
  // An interrupted run is repeated with the same previous workers, and may have left a running job.
  const grown = previous !== undefined && workers.some((host) => !previous.workers.includes(host));
  if (grown || needsRebalance(joined) || (await session(findRunningJob)) !== undefined)
    await moveShards(session, { drainOnly: false, stallMs: options.stallMs });
  return { distributed: true, version, nodes: (await session(listNodes)) ?? [] };
}

/** Returns the version of all nodes, coordinator first; undefined if no node has the extension. */
function requireSameVersion(workers: readonly string[], versions: readonly (string | undefined)[]): string | undefined {
  const [coordinator, ...others] = versions;
  const differing = others.findIndex((version) => version !== coordinator);
  if (differing === -1) return coordinator;
  const describe = (version: string | undefined) => (version === undefined ? "no Citus" : `Citus ${version}`);
  throw new UserError(
    `the coordinator has ${describe(coordinator)}, but ${workers[differing]} has ${describe(others[differing])}: run the same image on every node`,
  );
}

/**
 * Joins the workers under a lock, so that no other run changes the nodes between the plan and its
 * steps. Returns the nodes afterwards.
 */
async function joinNodes(
  client: Client,
  admin: SuperuserAccess,
  desired: DesiredCluster,
  { deadlineMs, stallMs }: FormOptions,
): Promise<CitusNode[]> {
  const { workers } = desired;
  await acquireSessionLock(client, "plinth:citus-nodes", stallMs);
  const readGroup = (host: string) => withSuperuser(admin, { ...desired, host }, deadlineMs, readLocalGroup);
  const groups = await pMap(workers, readGroup, { concurrency: CONCURRENCY });
  const groupByHost = new Map(workers.map((host, index) => [host, groups[index]!]));
  const { steps, error } = planNodes((await listNodes(client)) ?? [], desired, groupByHost);
  if (error !== undefined) throw new UserError(error);
  for (const step of steps) await applyStep(client, step);
  return (await listNodes(client)) ?? [];
}

const STEP_STATEMENTS: Record<Exclude<NodeStep["kind"], "readdress">, string> = {
  coordinator: "select citus_set_coordinator_host($1, $2)",
  add: "select citus_add_node($1, $2)",
  activate: "select citus_activate_node($1, $2)",
  "take shards": "select citus_set_node_property($1, $2, 'shouldhaveshards', true)",
  remove: "select citus_remove_node($1, $2)",
};

async function applyStep(client: Client, step: NodeStep): Promise<void> {
  const { host, port } = step;
  if (step.kind === "readdress") await client.query("select citus_update_node($1, $2, $3)", [step.id, host, port]);
  else await client.query(STEP_STATEMENTS[step.kind], [host, port]);
}
