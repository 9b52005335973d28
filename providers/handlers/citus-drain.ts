import { UserError } from "@plinth/local/user-error.ts";
import type { CitusDrainInputs as Inputs } from "../citus-drain.ts";
import { type CitusNode, listNodes } from "../clients/citus/catalog.ts";
import { moveShards } from "../clients/citus/shard-moves.ts";
import {
  acquireSessionLock,
  type SuperuserAccess,
  type SuperuserSession,
  withSuperuser,
} from "../clients/citus/superuser.ts";
import { printDiagnostic } from "../clients/diagnostics.ts";
import { errorReason } from "../clients/errors.ts";
import type { Handler } from "../dynamic-resource.ts";
import { findCitusInputErrors } from "./checks/citus.ts";
import { CITUS_PREVIEW_TIMEOUT_MS } from "./host/deadlines.ts";
import { hasChanged, hasUnknown, isUnknown, toCheckFailures } from "./host/inputs.ts";

/**
 * Creates the handler of leaving workers.
 *
 * @param options.deadlineMs how long to wait for a coordinator that does not answer
 * @param options.stallMs how long to wait for shards that make no progress
 */
export function createCitusDrainHandler({ deadlineMs = 60_000, stallMs = 600_000 } = {}): Handler<Inputs, Inputs> {
  return {
    async check(olds, news) {
      const oldWorkers = isUnknown(olds.workers) ? [] : olds.workers!;
      const reasons = [...findCitusInputErrors(news), ...findPlacementErrors(oldWorkers, news)];
      const leaving =
        reasons.length > 0 ? {} : await findLeavingShards(olds, news, Math.min(deadlineMs, CITUS_PREVIEW_TIMEOUT_MS));
      for (const [host, shards] of Object.entries(leaving))
        printDiagnostic(`${host} leaves the Citus cluster, after its ${shards} shards have moved away`);
      return { inputs: { ...news, leaving }, failures: toCheckFailures(reasons) };
    },
    async diff(_id, olds, news) {
      const keys = ["adminUrl", "cluster", "workers", "port", "database", "placements", "providerVersion"] as const;
      return { changes: hasChanged(olds, news, keys) };
    },
    /** Nothing to drain: the cluster is formed later. */
    async create(inputs) {
      return { id: `citus/${inputs.database}`, outs: toOutputs(inputs) };
    },
    async update(_id, olds, news) {
      const session = createSession(olds, news, deadlineMs);
      if (findRemovedWorkers(olds, news).length > 0 && (await databaseExists(olds, news, deadlineMs)))
        await drainWorkers(session, findRemovedWorkers(olds, news), stallMs);
      return { outs: toOutputs(news) };
    },
    async read(id, props) {
      return { id, props };
    },
    async delete() {},
  };
}

export const handler = createCitusDrainHandler();

const toOutputs = (inputs: Inputs): Inputs => ({ ...inputs, leaving: {} });

const findRemovedWorkers = (olds: Pick<Inputs, "workers">, news: Inputs) =>
  olds.workers.filter((host) => !news.workers.includes(host));

function findPlacementErrors(oldWorkers: string[], { workers, placements }: Inputs): string[] {
  if (isUnknown(workers) || isUnknown(placements)) return [];
  return placements
    .filter(({ worker }) => worker >= workers.length)
    .map(({ tenant, worker }) => {
      const host = oldWorkers[worker];
      const place = host === undefined ? `worker ${worker}, but there are ${workers.length}` : `${host}, which leaves`;
      return `tenant ${tenant} is placed on ${place}: place it on one of worker 0 to ${workers.length - 1} first`;
    });
}

/**
 * Connects with the old password too: a new one reaches the nodes only when the cluster is formed
 * again, after this.
 */
function createSession(olds: Inputs, news: Inputs, deadlineMs: number, database = news.database): SuperuserSession {
  const admin: SuperuserAccess = { adminUrl: news.adminUrl, cluster: news.cluster, previousUrl: olds.adminUrl };
  return (work) => withSuperuser(admin, { port: news.port, database }, deadlineMs, work);
}

/** A cluster that was never formed has nothing to move. */
function databaseExists(olds: Inputs, news: Inputs, deadlineMs: number): Promise<boolean> {
  const session = createSession(olds, news, deadlineMs, "postgres");
  return session(
    async (client) =>
      (await client.query("select from pg_database where datname = $1", [news.database])).rowCount === 1,
  );
}

async function findLeavingShards(
  olds: Partial<Inputs>,
  news: Inputs,
  deadlineMs: number,
): Promise<Record<string, number>> {
  if (!isComplete(olds) || hasUnknown([news.adminUrl, news.workers]) || findRemovedWorkers(olds, news).length === 0)
    return {};
  try {
    if (!(await databaseExists(olds, news, deadlineMs))) return {};
    const nodes = (await createSession(olds, news, deadlineMs)(listNodes)) ?? [];
    return Object.fromEntries(
      selectWorkers(nodes, findRemovedWorkers(olds, news)).map(({ host, shards }) => [host, shards]),
    );
  } catch (error) {
    printDiagnostic(
      `what ${findRemovedWorkers(olds, news).join(", ")} holds could not be looked at: ${errorReason(error)}`,
    );
    return {};
  }
}

const isComplete = (olds: Partial<Inputs>): olds is Inputs =>
  !hasUnknown([olds.adminUrl, olds.workers, olds.database, olds.port]);

const selectWorkers = (nodes: readonly CitusNode[], hosts: string[]) =>
  nodes.filter(({ group, host }) => group !== 0 && hosts.includes(host));

async function drainWorkers(session: SuperuserSession, hosts: string[], stallMs: number): Promise<void> {
  const leaving = selectWorkers((await session(listNodes)) ?? [], hosts);
  if (leaving.some(({ shards }) => shards > 0)) await moveShardsAway(session, leaving, stallMs);
  await session(async (client) => {
    await acquireSessionLock(client, "plinth:citus-nodes", stallMs);
    const remaining = selectWorkers((await listNodes(client)) ?? [], hosts);
    const occupied = remaining.find(({ shards }) => shards > 0);
    if (occupied !== undefined)
      throw new UserError(
        `${occupied.host} still holds ${occupied.shards} shards that cannot move: see select * from citus_shards`,
      );
    for (const { host, port } of remaining) await client.query("select citus_remove_node($1, $2)", [host, port]);
  });
}

/** Moved shards stay moved, but a worker that cannot be emptied takes shards again. */
async function moveShardsAway(session: SuperuserSession, leaving: CitusNode[], stallMs: number): Promise<void> {
  await setShouldHaveShards(session, leaving, false);
  try {
    await moveShards(session, { drainOnly: true, stallMs });
  } catch (error) {
    // If this fails too, the first error is the one to report. Forming the cluster with these
    // workers sets the property as well.
    await setShouldHaveShards(session, leaving, true).catch(() => undefined);
    throw new UserError(
      `${leaving.map(({ host }) => host).join(", ")} cannot leave the Citus cluster: ${errorReason(error)}`,
    );
  }
}

async function setShouldHaveShards(session: SuperuserSession, nodes: CitusNode[], value: boolean): Promise<void> {
  await session(async (client) => {
    for (const { host, port } of nodes)
      await client.query("select citus_set_node_property($1, $2, 'shouldhaveshards', $3)", [host, port, value]);
  });
}
