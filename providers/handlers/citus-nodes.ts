import type { CitusNodeState, CitusNodesInputs as Inputs, CitusNodesOutputs as Outputs } from "../citus-nodes.ts";
import { type CitusNode, listNodes } from "../clients/citus/catalog.ts";
import { formCluster } from "../clients/citus/form-cluster.ts";
import { planNodes } from "../clients/citus/node-plan.ts";
import { superuserCredentials, withSuperuser } from "../clients/citus/superuser.ts";
import { printDiagnostic } from "../clients/diagnostics.ts";
import { errorReason } from "../clients/errors.ts";
import { isPrintableAscii } from "../clients/postgres/scram.ts";
import type { Handler } from "../dynamic-resource.ts";
import { findCitusInputErrors } from "./checks/citus.ts";
import { CITUS_PREVIEW_TIMEOUT_MS } from "./host/deadlines.ts";
import { hasChanged, hasUnknown, isUnknown, toCheckFailures } from "./host/inputs.ts";
import { endingWithItsServer } from "./host/missing-server.ts";

/**
 * Creates the handler of a Citus cluster's nodes.
 *
 * @param options.deadlineMs how long to wait for a node that does not answer
 * @param options.stallMs how long to wait for shards that make no progress
 */
export function createCitusNodesHandler({ deadlineMs = 60_000, stallMs = 600_000 } = {}): Handler<Inputs, Outputs> {
  const form = async (olds: Inputs | undefined, news: Inputs): Promise<Outputs> => {
    const { nodes, ...cluster } = await formCluster(olds, news, { deadlineMs, stallMs });
    return { ...news, drift: "", ...cluster, nodes: nodes.map(toNodeState) };
  };
  return endingWithItsServer({
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
      // The engine also calls this for a refresh, with the drift that `read` found in the old
      // values.
      return { changes: changed || news.drift !== "" || olds.drift !== "", replaces };
    },
    async create(inputs) {
      return { id: `citus/${inputs.database}`, outs: await form(undefined, inputs) };
    },
    async update(_id, olds, news) {
      return { outs: await form(olds, news) };
    },
    async read(id, props) {
      const { nodes, drift } = await readNodes(props, deadlineMs);
      const { distributed: _, version: __, nodes: ___, ...inputs } = props;
      return { id, props: { ...props, nodes, drift }, inputs: { ...inputs, drift } };
    },
    /** Nodes end with their pods, and data with its volumes. */
    async delete() {},
  });
}

export const handler = createCitusNodesHandler();

function findInputErrors(news: Inputs): string[] {
  const reasons = findCitusInputErrors(news);
  if (reasons.length > 0 || hasUnknown([news.adminUrl, news.user, news.password])) return reasons;
  const superuser = superuserCredentials(news.adminUrl);
  if (news.user === superuser.user)
    reasons.push(
      `user is ${news.user}, the superuser: services need another role, or row-level security would not hold for them`,
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

/** Finds drift for a plan. A cluster that does not answer has none: `up` deals with it. */
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
  // Plain PostgreSQL has no nodes, and no drift.
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
