import "./host/orphan-watch.ts";
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
import { errorReason } from "../clients/errors.ts";
import type { Handler } from "../dynamic-resource.ts";
import { findCitusInputErrors } from "./checks/citus.ts";
import { CITUS_PREVIEW_TIMEOUT_MS } from "./host/deadlines.ts";
import { printDiagnostic } from "./host/diagnostics.ts";
import { hasChanged, hasUnknown, isUnknown, toCheckFailures } from "./host/inputs.ts";

/**
 * Workers that leave. `deadlineMs`: how long a coordinator that does not answer is waited for;
 * `stallMs`: shards that do not come further.
 */
export function createCitusDrainHandler({ deadlineMs = 60_000, stallMs = 600_000 } = {}): Handler<Inputs, Inputs> {
  return {
    async check(olds, news) {
      const former = isUnknown(olds.workers) ? [] : olds.workers!;
      const reasons = [...findCitusInputErrors(news), ...findPlacementErrors(former, news)];
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
    /** The cluster is formed later. */
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

function findPlacementErrors(former: string[], { workers, placements }: Inputs): string[] {
  if (isUnknown(workers) || isUnknown(placements)) return [];
  return placements
    .filter(({ worker }) => worker >= workers.length)
    .map(({ tenant, worker }) => {
      const host = former[worker];
      const why = host === undefined ? `worker ${worker}, but there are ${workers.length}` : `${host}, which leaves`;
      return `tenant ${tenant} is placed on ${why}: place it on one of worker 0 to ${workers.length - 1} first`;
    });
}

/**
 * The password may change in the same run; nodes take it over only when the cluster is formed
 * again, after this.
 */
function createSession(olds: Inputs, news: Inputs, deadlineMs: number, database = news.database): SuperuserSession {
  const admin: SuperuserAccess = { adminUrl: news.adminUrl, cluster: news.cluster, previousUrl: olds.adminUrl };
  return (work) => withSuperuser(admin, { port: news.port, database }, deadlineMs, work);
}

/** A cluster that never was formed has nothing to move. */
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
    const left = selectWorkers((await listNodes(client)) ?? [], hosts);
    const full = left.find(({ shards }) => shards > 0);
    if (full !== undefined)
      throw new UserError(
        `${full.host} still holds ${full.shards} shards, which nothing may move: see select * from citus_shards`,
      );
    for (const { host, port } of left) await client.query("select citus_remove_node($1, $2)", [host, port]);
  });
}

/** What has been moved stays moved, but a worker that cannot be emptied goes on as before. */
async function moveShardsAway(session: SuperuserSession, leaving: CitusNode[], stallMs: number): Promise<void> {
  await setShouldHaveShards(session, leaving, false);
  try {
    await moveShards(session, { drainOnly: true, stallMs });
  } catch (error) {
    // When this fails too, the first error is the one to report; forming the cluster mends it, if
    // the workers are to stay after all.
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
