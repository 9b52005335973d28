import "./host/orphan-watch.ts";
import { UserError } from "@plinth/local/user-error.ts";
import pMap from "p-map";
import type { Client } from "pg";
import type { CitusNodeState, CitusNodesInputs as Inputs, CitusNodesOutputs as Outputs } from "../citus-nodes.ts";
import { type CitusNode, listNodes, readLocalGroup } from "../clients/citus/catalog.ts";
import { type NodeStep, needsRebalance, planNodes } from "../clients/citus/node-plan.ts";
import { prepareNode } from "../clients/citus/node-setup.ts";
import { findRunningJob, moveShards } from "../clients/citus/shard-moves.ts";
import {
  acquireSessionLock,
  type SuperuserAccess,
  type SuperuserSession,
  superuserCredentials,
  withSuperuser,
} from "../clients/citus/superuser.ts";
import { errorReason } from "../clients/errors.ts";
import { isPrintableAscii } from "../clients/postgres/scram.ts";
import type { Handler } from "../dynamic-resource.ts";
import { findCitusInputErrors } from "./checks/citus.ts";
import { CITUS_PREVIEW_TIMEOUT_MS } from "./host/deadlines.ts";
import { printDiagnostic } from "./host/diagnostics.ts";
import { hasChanged, hasUnknown, isUnknown, toCheckFailures } from "./host/inputs.ts";

/** Nodes that are prepared at a time. */
const CONCURRENCY = { concurrency: 4 };

/**
 * Nodes of a Citus cluster. `deadlineMs`: how long a node that does not answer is waited for;
 * `stallMs`: shards that do not come further.
 */
export function createCitusNodesHandler({ deadlineMs = 60_000, stallMs = 600_000 } = {}): Handler<Inputs, Outputs> {
  return {
    async check(olds, news) {
      const drift = isComplete(olds) ? await detectDrift(olds, Math.min(deadlineMs, CITUS_PREVIEW_TIMEOUT_MS)) : "";
      if (drift !== "") printDiagnostic(`the Citus cluster differs: ${drift}`);
      return { inputs: { ...news, drift }, failures: toCheckFailures(findInputErrors(news)) };
    },
    async diff(_id, olds, news) {
      const keys = [
        "adminUrl",
        "cluster",
        "coordinator",
        "workers",
        "port",
        "user",
        "password",
        "database",
        "providerVersion",
      ] as const;
      const replaces = olds.database === news.database ? [] : ["database"];
      const changed = hasChanged(olds, news, keys);
      // The engine also asks this of a refresh, where the drift that `read` has found is on the old
      // side.
      return { changes: changed || news.drift !== "" || olds.drift !== "", replaces };
    },
    async create(inputs) {
      return { id: `citus/${inputs.database}`, outs: await formCluster(undefined, inputs, deadlineMs, stallMs) };
    },
    async update(_id, olds, news) {
      return { outs: await formCluster(olds, news, deadlineMs, stallMs) };
    },
    async read(id, props) {
      const { nodes, drift } = await readNodes(props, deadlineMs);
      const { distributed: _, version: __, nodes: ___, ...inputs } = props;
      return { id, props: { ...props, nodes, drift }, inputs: { ...inputs, drift } };
    },
    /** Nodes end with their pods, and data with its volumes. */
    async delete() {},
  };
}

export const handler = createCitusNodesHandler();

function findInputErrors(news: Inputs): string[] {
  const reasons = findCitusInputErrors(news);
  if (reasons.length > 0 || hasUnknown([news.adminUrl, news.user, news.password])) return reasons;
  const superuser = superuserCredentials(news.adminUrl);
  if (news.user === superuser.user)
    reasons.push(
      `user is ${news.user}, the superuser: services need a role of their own, or row-level security would not hold for them`,
    );
  for (const [name, password] of Object.entries({
    password: news.password,
    "the password of adminUrl": superuser.password,
  })) {
    if (!isPrintableAscii(password))
      reasons.push(`${name} is empty or has characters other than printable ASCII, which not all clients send alike`);
  }
  return reasons;
}

function isComplete(olds: Partial<Inputs>): olds is Inputs {
  return !isUnknown(olds.adminUrl) && !isUnknown(olds.workers) && !isUnknown(olds.database);
}

/**
 * What a plan says. A cluster that does not answer is no drift: whatever is to be done waits for
 * `up`.
 */
async function detectDrift(olds: Inputs, deadlineMs: number): Promise<string> {
  try {
    return (await readNodes(olds, deadlineMs)).drift;
  } catch (error) {
    printDiagnostic(`the Citus cluster could not be looked at: ${errorReason(error)}`);
    return "";
  }
}

async function readNodes(inputs: Inputs, deadlineMs: number): Promise<{ nodes: CitusNodeState[]; drift: string }> {
  const nodes = await withSuperuser(inputs, inputs, deadlineMs, listNodes);
  // A plain PostgreSQL knows no nodes and misses none.
  return {
    nodes: (nodes ?? []).map(toNodeState),
    drift: nodes === undefined ? "" : planNodes(nodes, inputs).drift.join("; "),
  };
}

const toNodeState = ({ host, port, active, takesShards }: CitusNode): CitusNodeState => ({
  host,
  port,
  active,
  takesShards,
});

async function formCluster(
  olds: Inputs | undefined,
  inputs: Inputs,
  deadlineMs: number,
  stallMs: number,
): Promise<Outputs> {
  const admin: SuperuserAccess = { adminUrl: inputs.adminUrl, cluster: inputs.cluster, previousUrl: olds?.adminUrl };
  const versions = await pMap(
    [undefined, ...inputs.workers],
    (host) => prepareNode(admin, host, inputs, deadlineMs),
    CONCURRENCY,
  );
  const version = requireSameVersion(inputs, versions);
  if (version === undefined) return { ...inputs, drift: "", distributed: false, version: "", nodes: [] };
  const session: SuperuserSession = (work) => withSuperuser(admin, inputs, deadlineMs, work);
  const joined = await session((client) => joinNodes(client, admin, inputs, deadlineMs, stallMs));
  // An interrupted run is repeated with the same `olds`, and may have left its moves to the
  // coordinator.
  const grown = olds !== undefined && inputs.workers.some((host) => !olds.workers.includes(host));
  if (grown || needsRebalance(joined) || (await session(findRunningJob)) !== undefined)
    await moveShards(session, { drainOnly: false, stallMs });
  const nodes = (await session(listNodes)) ?? [];
  return { ...inputs, drift: "", distributed: true, version, nodes: nodes.map(toNodeState) };
}

/** Of all nodes. Undefined where no node has the extension. */
function requireSameVersion({ workers }: Inputs, versions: readonly (string | undefined)[]): string | undefined {
  const [coordinator, ...others] = versions;
  const odd = others.findIndex((version) => version !== coordinator);
  if (odd === -1) return coordinator;
  const words = (version: string | undefined) => (version === undefined ? "no Citus" : `Citus ${version}`);
  throw new UserError(
    `the coordinator has ${words(coordinator)}, but ${workers[odd]} has ${words(others[odd])}: run the same image on every node`,
  );
}

/**
 * Under a lock, so that another run does not add the same node, nor join one between asking it and
 * planning. Returns the nodes as they are then.
 */
async function joinNodes(
  client: Client,
  admin: SuperuserAccess,
  inputs: Inputs,
  deadlineMs: number,
  stallMs: number,
): Promise<CitusNode[]> {
  await acquireSessionLock(client, "plinth:citus-nodes", stallMs);
  const groups = await pMap(
    inputs.workers,
    (host) => withSuperuser(admin, { ...inputs, host }, deadlineMs, readLocalGroup),
    CONCURRENCY,
  );
  const byHost = new Map(inputs.workers.map((host, index) => [host, groups[index]!]));
  const { steps, error } = planNodes((await listNodes(client)) ?? [], inputs, byHost);
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
