import "./orphan-watch.ts";
import { isDeepStrictEqual } from "node:util";
import type { Client } from "pg";
import type { CitusNodeState, CitusNodesInputs as Inputs, CitusNodesOutputs as Outputs } from "../citus-nodes.ts";
import type { Handler } from "../dynamic.ts";
import { type CitusNode, findGroup, findNodes } from "./citus-catalog.ts";
import { citusMistakes, LOOK_MS } from "./citus-checks.ts";
import { asSuperuser, type CitusAdmin, type Session, superuserOf, takeTurn } from "./citus-connection.ts";
import { findRunning, moveShards } from "./citus-moves.ts";
import { type NodeStep, planNodes, wantsRebalance } from "./citus-plan.ts";
import { prepareNode } from "./citus-prepare.ts";
import { eachOf, failures, hasUnknown, isUnknown, Refusal, reasonOf } from "./faults.ts";
import { tell } from "./plan.ts";
import { isPrintableAscii } from "./scram.ts";

/** Nodes of a Citus cluster. `deadlineMs`: how long a node that does not answer is waited for; `stallMs`: shards that do not come further. */
export function citusNodes({ deadlineMs = 60_000, stallMs = 600_000 } = {}): Handler<Inputs, Outputs> {
  return {
    async check(olds, news) {
      const drift = isComplete(olds) ? await look(olds, Math.min(deadlineMs, LOOK_MS)) : "";
      if (drift !== "") tell(`the Citus cluster differs: ${drift}`);
      return { inputs: { ...news, drift }, failures: failures(findMistakes(news)) };
    },
    async diff(_id, olds, news) {
      const keys = ["adminUrl", "cluster", "coordinator", "workers", "port", "user", "password", "database", "providerVersion"] as const;
      const replaces = olds.database === news.database ? [] : ["database"];
      const changed = keys.some((key) => !isDeepStrictEqual(olds[key], news[key]));
      // The engine also asks this of a refresh, where the drift that `read` has found is on the old side.
      return { changes: changed || news.drift !== "" || olds.drift !== "", replaces };
    },
    async create(inputs) {
      return { id: `citus/${inputs.database}`, outs: await form(undefined, inputs, deadlineMs, stallMs) };
    },
    async update(_id, olds, news) {
      return { outs: await form(olds, news, deadlineMs, stallMs) };
    },
    async read(id, props) {
      const { nodes, drift } = await observe(props, deadlineMs);
      const { distributed: _, version: __, nodes: ___, ...inputs } = props;
      return { id, props: { ...props, nodes, drift }, inputs: { ...inputs, drift } };
    },
    /** Nodes end with their pods, and data with its volumes. */
    async delete() {},
  };
}

export const handler = citusNodes();

function findMistakes(news: Inputs): string[] {
  const reasons = citusMistakes(news);
  if (reasons.length > 0 || hasUnknown([news.adminUrl, news.user, news.password])) return reasons;
  const superuser = superuserOf(news.adminUrl);
  if (news.user === superuser.user)
    reasons.push(`user is ${news.user}, the superuser: services need a role of their own, or row-level security would not hold for them`);
  for (const [name, password] of Object.entries({ password: news.password, "the password of adminUrl": superuser.password })) {
    if (!isPrintableAscii(password))
      reasons.push(`${name} is empty or has characters other than printable ASCII, which not all clients send alike`);
  }
  return reasons;
}

function isComplete(olds: Partial<Inputs>): olds is Inputs {
  return !isUnknown(olds.adminUrl) && !isUnknown(olds.workers) && !isUnknown(olds.database);
}

/** What a plan says. A cluster that does not answer is no drift: whatever is to be done waits for `up`. */
async function look(olds: Inputs, deadlineMs: number): Promise<string> {
  try {
    return (await observe(olds, deadlineMs)).drift;
  } catch (error) {
    tell(`the Citus cluster could not be looked at: ${reasonOf(error)}`);
    return "";
  }
}

async function observe(inputs: Inputs, deadlineMs: number): Promise<{ nodes: CitusNodeState[]; drift: string }> {
  const nodes = await asSuperuser(inputs, inputs, deadlineMs, findNodes);
  // A plain PostgreSQL knows no nodes and misses none.
  return { nodes: (nodes ?? []).map(stateOf), drift: nodes === undefined ? "" : planNodes(nodes, inputs).drift.join("; ") };
}

const stateOf = ({ host, port, active, takesShards }: CitusNode): CitusNodeState => ({ host, port, active, takesShards });

async function form(olds: Inputs | undefined, inputs: Inputs, deadlineMs: number, stallMs: number): Promise<Outputs> {
  const admin: CitusAdmin = { adminUrl: inputs.adminUrl, cluster: inputs.cluster, formerUrl: olds?.adminUrl };
  const versions = await eachOf([undefined, ...inputs.workers], 4, (host) => prepareNode(admin, host, inputs, deadlineMs));
  const version = agreedVersion(inputs, versions);
  if (version === undefined) return { ...inputs, drift: "", distributed: false, version: "", nodes: [] };
  const session: Session = (work) => asSuperuser(admin, inputs, deadlineMs, work);
  const joined = await session((client) => join(client, admin, inputs, deadlineMs, stallMs));
  // An interrupted run is repeated with the same `olds`, and may have left its moves to the coordinator.
  const grown = olds !== undefined && inputs.workers.some((host) => !olds.workers.includes(host));
  if (grown || wantsRebalance(joined) || (await session(findRunning)) !== undefined)
    await moveShards(session, { drainOnly: false, stallMs });
  const nodes = (await session(findNodes)) ?? [];
  return { ...inputs, drift: "", distributed: true, version, nodes: nodes.map(stateOf) };
}

/** Of all nodes. Undefined where no node has the extension. */
function agreedVersion({ workers }: Inputs, versions: readonly (string | undefined)[]): string | undefined {
  const [coordinator, ...others] = versions;
  const odd = others.findIndex((version) => version !== coordinator);
  if (odd === -1) return coordinator;
  const words = (version: string | undefined) => (version === undefined ? "no Citus" : `Citus ${version}`);
  throw new Refusal(
    `the coordinator has ${words(coordinator)}, but ${workers[odd]} has ${words(others[odd])}: run the same image on every node`,
  );
}

/** Under a lock, so that another run does not add the same node, nor join one between asking it and planning. Returns the nodes as they are then. */
async function join(client: Client, admin: CitusAdmin, inputs: Inputs, deadlineMs: number, stallMs: number): Promise<CitusNode[]> {
  await takeTurn(client, "plinth:citus-nodes", stallMs);
  const groups = await eachOf(inputs.workers, 4, (host) => asSuperuser(admin, { ...inputs, host }, deadlineMs, findGroup));
  const byHost = new Map(inputs.workers.map((host, index) => [host, groups[index]!]));
  const { steps, refusal } = planNodes((await findNodes(client)) ?? [], inputs, byHost);
  if (refusal !== undefined) throw new Refusal(refusal);
  for (const step of steps) await take(client, step);
  return (await findNodes(client)) ?? [];
}

const STATEMENTS: Record<Exclude<NodeStep["kind"], "readdress">, string> = {
  coordinator: "select citus_set_coordinator_host($1, $2)",
  add: "select citus_add_node($1, $2)",
  activate: "select citus_activate_node($1, $2)",
  "take shards": "select citus_set_node_property($1, $2, 'shouldhaveshards', true)",
  remove: "select citus_remove_node($1, $2)",
};

async function take(client: Client, step: NodeStep): Promise<void> {
  const { host, port } = step;
  if (step.kind === "readdress") await client.query("select citus_update_node($1, $2, $3)", [step.id, host, port]);
  else await client.query(STATEMENTS[step.kind], [host, port]);
}
