import "./orphan-watch.ts";
import { isDeepStrictEqual } from "node:util";
import type { CitusDrainInputs as Inputs } from "../citus-drain.ts";
import type { Handler } from "../dynamic.ts";
import { type CitusNode, findNodes } from "./citus-catalog.ts";
import { citusMistakes, LOOK_MS } from "./citus-checks.ts";
import { asSuperuser, type Session, takeTurn } from "./citus-connection.ts";
import { moveShards } from "./citus-moves.ts";
import { failures, hasUnknown, isUnknown, Refusal, reasonOf } from "./faults.ts";
import { tell } from "./plan.ts";

/** Workers that leave. `deadlineMs`: how long a coordinator that does not answer is waited for; `stallMs`: shards that do not come further. */
export function citusDrain({ deadlineMs = 60_000, stallMs = 600_000 } = {}): Handler<Inputs, Inputs> {
  return {
    async check(olds, news) {
      const former = isUnknown(olds.workers) ? [] : olds.workers!;
      const reasons = [...citusMistakes(news), ...placementMistakes(former, news)];
      const leaving = reasons.length > 0 ? {} : await look(olds, news, Math.min(deadlineMs, LOOK_MS));
      for (const [host, shards] of Object.entries(leaving))
        tell(`${host} leaves the Citus cluster, after its ${shards} shards have moved away`);
      return { inputs: { ...news, leaving }, failures: failures(reasons) };
    },
    async diff(_id, olds, news) {
      const keys = ["adminUrl", "cluster", "workers", "port", "database", "placements", "providerVersion"] as const;
      return { changes: keys.some((key) => !isDeepStrictEqual(olds[key], news[key])) };
    },
    /** The cluster is formed later. */
    async create(inputs) {
      return { id: `citus/${inputs.database}`, outs: done(inputs) };
    },
    async update(_id, olds, news) {
      const session = sessionOf(olds, news, deadlineMs);
      if (leavers(olds, news).length > 0 && (await exists(olds, news, deadlineMs))) await drain(session, leavers(olds, news), stallMs);
      return { outs: done(news) };
    },
    async read(id, props) {
      return { id, props };
    },
    async delete() {},
  };
}

export const handler = citusDrain();

const done = (inputs: Inputs): Inputs => ({ ...inputs, leaving: {} });

const leavers = (olds: Pick<Inputs, "workers">, news: Inputs) => olds.workers.filter((host) => !news.workers.includes(host));

function placementMistakes(former: string[], { workers, placements }: Inputs): string[] {
  if (isUnknown(workers) || isUnknown(placements)) return [];
  return placements
    .filter(({ worker }) => worker >= workers.length)
    .map(({ tenant, worker }) => {
      const host = former[worker];
      const why = host === undefined ? `worker ${worker}, but there are ${workers.length}` : `${host}, which leaves`;
      return `tenant ${tenant} is placed on ${why}: place it on one of worker 0 to ${workers.length - 1} first`;
    });
}

/** The password may change in the same run; nodes take it over only when the cluster is formed again, after this. */
function sessionOf(olds: Inputs, news: Inputs, deadlineMs: number, database = news.database): Session {
  const admin = { adminUrl: news.adminUrl, cluster: news.cluster, formerUrl: olds.adminUrl };
  return (work) => asSuperuser(admin, { port: news.port, database }, deadlineMs, work);
}

/** A cluster that never was formed has nothing to move. */
function exists(olds: Inputs, news: Inputs, deadlineMs: number): Promise<boolean> {
  const session = sessionOf(olds, news, deadlineMs, "postgres");
  return session(async (client) => (await client.query("select from pg_database where datname = $1", [news.database])).rowCount === 1);
}

async function look(olds: Partial<Inputs>, news: Inputs, deadlineMs: number): Promise<Record<string, number>> {
  if (!isComplete(olds) || hasUnknown([news.adminUrl, news.workers]) || leavers(olds, news).length === 0) return {};
  try {
    if (!(await exists(olds, news, deadlineMs))) return {};
    const nodes = (await sessionOf(olds, news, deadlineMs)(findNodes)) ?? [];
    return Object.fromEntries(rowsOf(nodes, leavers(olds, news)).map(({ host, shards }) => [host, shards]));
  } catch (error) {
    tell(`what ${leavers(olds, news).join(", ")} holds could not be looked at: ${reasonOf(error)}`);
    return {};
  }
}

const isComplete = (olds: Partial<Inputs>): olds is Inputs => !hasUnknown([olds.adminUrl, olds.workers, olds.database, olds.port]);

const rowsOf = (nodes: readonly CitusNode[], hosts: string[]) => nodes.filter(({ group, host }) => group !== 0 && hosts.includes(host));

async function drain(session: Session, hosts: string[], stallMs: number): Promise<void> {
  const leaving = rowsOf((await session(findNodes)) ?? [], hosts);
  if (leaving.some(({ shards }) => shards > 0)) await empty(session, leaving, stallMs);
  await session(async (client) => {
    await takeTurn(client, "plinth:citus-nodes", stallMs);
    const left = rowsOf((await findNodes(client)) ?? [], hosts);
    const full = left.find(({ shards }) => shards > 0);
    if (full !== undefined)
      throw new Refusal(`${full.host} still holds ${full.shards} shards, which nothing may move: see select * from citus_shards`);
    for (const { host, port } of left) await client.query("select citus_remove_node($1, $2)", [host, port]);
  });
}

/** What has been moved stays moved, but a worker that cannot be emptied goes on as before. */
async function empty(session: Session, leaving: CitusNode[], stallMs: number): Promise<void> {
  await takeShards(session, leaving, false);
  try {
    await moveShards(session, { drainOnly: true, stallMs });
  } catch (error) {
    // When this fails too, the first error is the one to report; forming the cluster mends it, if the workers are to stay after all.
    await takeShards(session, leaving, true).catch(() => undefined);
    throw new Refusal(`${leaving.map(({ host }) => host).join(", ")} cannot leave the Citus cluster: ${reasonOf(error)}`);
  }
}

async function takeShards(session: Session, nodes: CitusNode[], value: boolean): Promise<void> {
  await session(async (client) => {
    for (const { host, port } of nodes)
      await client.query("select citus_set_node_property($1, $2, 'shouldhaveshards', $3)", [host, port, value]);
  });
}
