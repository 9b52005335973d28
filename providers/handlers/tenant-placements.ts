import "./host/orphan-watch.ts";
import { UserError } from "@plinth/local/user-error.ts";
import type { Client } from "pg";
import { listNodes } from "../clients/citus/catalog.ts";
import {
  type PlacedTenant,
  type PlacementPlan,
  planPlacements,
  type TenantShard,
} from "../clients/citus/placement-plan.ts";
import { chooseTransferMode } from "../clients/citus/shard-moves.ts";
import { acquireSessionLock } from "../clients/citus/superuser.ts";
import { errorReason } from "../clients/errors.ts";
import { databaseUrlError, hasCitus, toDatabaseAddress, withDatabase } from "../clients/postgres/database.ts";
import type { Handler } from "../dynamic-resource.ts";
import type { TenantPlacementsInputs as Inputs, TenantPlacementsOutputs as Outputs } from "../tenant-placements.ts";
import { CITUS_PREVIEW_TIMEOUT_MS } from "./host/deadlines.ts";
import { printDiagnostic } from "./host/diagnostics.ts";
import { hasChanged, hasUnknown, isUnknown, toCheckFailures } from "./host/inputs.ts";

/**
 * Where tenants are. `deadlineMs`: how long a database that does not answer is waited for;
 * `lockTimeoutMs`: another run that moves shards.
 */
export function createTenantPlacementsHandler({
  deadlineMs = 60_000,
  lockTimeoutMs = 600_000,
} = {}): Handler<Inputs, Outputs> {
  const apply = (inputs: Inputs) =>
    withDatabase(toDatabaseAddress(inputs), deadlineMs, (client) => applyPlacements(client, inputs, lockTimeoutMs));
  return {
    async check(olds, news) {
      const reasons = hasUnknown(news.placements) ? [] : findInputErrors(news);
      if (reasons.length > 0 || hasUnknown([news.databaseUrl, news.workers, news.placements]))
        return { inputs: news, failures: toCheckFailures(reasons) };
      const { moves, refusal } = await previewMoves(olds, news, Math.min(deadlineMs, CITUS_PREVIEW_TIMEOUT_MS));
      for (const words of moves) printDiagnostic(words);
      return { inputs: { ...news, moves }, failures: toCheckFailures(refusal === undefined ? [] : [refusal]) };
    },
    async diff(_id, olds, news) {
      const keys = ["databaseUrl", "cluster", "workers", "placements", "providerVersion"] as const;
      const moves = [...news.moves, ...olds.moves];
      return { changes: moves.length > 0 || hasChanged(olds, news, keys) };
    },
    async create(inputs) {
      return { id: "tenant-placements", outs: await apply(inputs) };
    },
    async update(_id, _olds, news) {
      return { outs: await apply(news) };
    },
    async read(id, props) {
      const { shards, distributed, placed } = await withDatabase(toDatabaseAddress(props), deadlineMs, (client) =>
        readPlacements(client, props.placements),
      );
      const moves = distributed ? planPlacements(props.placements, shards, props.workers).descriptions : [];
      const { distributed: _, placed: __, ...inputs } = props;
      return { id, props: { ...props, distributed, placed, moves }, inputs: { ...inputs, moves } };
    },
    /** Rows stay where they are. */
    async delete() {},
  };
}

export const handler = createTenantPlacementsHandler();

function findInputErrors({ databaseUrl, workers, placements }: Inputs): string[] {
  const mistake = isUnknown(databaseUrl) ? undefined : databaseUrlError(databaseUrl);
  const reasons = mistake === undefined ? [] : [mistake];
  const tenants = placements.map(({ tenant }) => tenant);
  const twice = tenants.find((tenant, index) => tenants.indexOf(tenant) !== index);
  if (twice !== undefined) reasons.push(`tenant ${twice} is placed twice: name it once`);
  // None are named on plain PostgreSQL.
  if (isUnknown(workers) || workers.length === 0) return reasons;
  const nowhere = placements.filter(({ worker }) => workers[worker] === undefined);
  return [...reasons, ...nowhere.map(({ tenant, worker }) => noWorkerMessage(tenant, worker, workers.length))];
}

const noWorkerMessage = (tenant: number, worker: number, count: number) =>
  `tenant ${tenant} is placed on worker ${worker}, but there are ${count}${count > 0 ? `: 0 to ${count - 1}` : ""}`;

/**
 * What a plan says. Tenants that have no row yet get one in the same run, and a cluster that does
 * not answer is no mistake.
 */
async function previewMoves(
  olds: Partial<Inputs>,
  inputs: Inputs,
  deadlineMs: number,
): Promise<{ moves: string[]; refusal?: string }> {
  try {
    const { distributed, shards } = await withDatabase(toDatabaseAddress(inputs), deadlineMs, (client) =>
      readPlacements(client, inputs.placements),
    );
    if (!distributed || inputs.workers.length === 0) return { moves: [] };
    const { descriptions, error } = planPlacements(inputs.placements, shards, inputs.workers);
    return error === undefined ? { moves: descriptions } : { moves: [], refusal: error };
  } catch (error) {
    // Before the first `up` there is nothing to look at.
    if (!isUnknown(olds.databaseUrl))
      printDiagnostic(`where tenants are could not be looked at: ${errorReason(error)}`);
    return { moves: [] };
  }
}

interface ActualPlacements {
  distributed: boolean;
  shards: Map<number, TenantShard>;
  placed: Record<string, string>;
}

async function readPlacements(client: Client, placements: readonly PlacedTenant[]): Promise<ActualPlacements> {
  const nothing = { distributed: false, shards: new Map<number, TenantShard>(), placed: {} };
  if (!(await hasCitus(client))) return nothing;
  const { rowCount } = await client.query("select from pg_dist_partition where logicalrelid = to_regclass('tenants')");
  if (rowCount === 0) return nothing;
  const ids = placements.map(({ tenant }) => tenant);
  const present = await client.query<{ id: string }>("select id from tenants where id = any($1::bigint[])", [ids]);
  const { rows } = await client.query<Omit<TenantShard, "tenant"> & { id: string }>(
    `select id, shardid as shard, shardminvalue = shardmaxvalue as own, nodename as host, nodeport as port
     from (select id, get_shard_id_for_distribution_column('tenants', id) as shardid from unnest($1::bigint[]) as id) as wanted
     join pg_dist_shard using (shardid) join pg_dist_placement using (shardid) join pg_dist_node using (groupid) where noderole = 'primary'`,
    [present.rows.map(({ id }) => id)],
  );
  const shards = new Map(rows.map(({ id, ...shard }) => [Number(id), { tenant: Number(id), ...shard }]));
  return { distributed: true, shards, placed: Object.fromEntries(rows.map(({ id, host }) => [id, host])) };
}

/**
 * Safe to repeat after any interruption: a shard is split or moved wholly or not at all, and what
 * is done is seen.
 */
async function applyPlacements(client: Client, inputs: Inputs, lockTimeoutMs: number): Promise<Outputs> {
  if (!(await readPlacements(client, [])).distributed) return { ...inputs, moves: [], distributed: false, placed: {} };
  await requireRowSecurityBypass(client);
  await acquireSessionLock(client, "plinth:tenant-placements", lockTimeoutMs);
  const mode = await chooseTransferMode(client);
  for (const tenant of (await planMoves(client, inputs)).isolate)
    await client.query(
      "select isolate_tenant_to_new_shard('tenants', $1::bigint, 'CASCADE', $2::citus.shard_transfer_mode)",
      [tenant, mode],
    );
  // Anew, because splitting has made other shards.
  for (const { shard, from, to } of (await planMoves(client, inputs)).move) {
    const target = [to, await findWorkerPort(client, to)];
    const source = [from.host, from.port];
    await client.query("select citus_move_shard_placement($1, $2, $3, $4, $5, $6::citus.shard_transfer_mode)", [
      shard,
      ...source,
      ...target,
      mode,
    ]);
  }
  return { ...inputs, moves: [], distributed: true, placed: (await readPlacements(client, inputs.placements)).placed };
}

/**
 * A shard is copied by the user's own queries: what row-level security hides would not arrive, and
 * nobody would notice.
 */
async function requireRowSecurityBypass(client: Client): Promise<void> {
  const { rows } = await client.query<{ user: string; sees: boolean }>(
    `select rolname as "user", rolsuper or rolbypassrls as sees from pg_roles where rolname = current_user`,
  );
  if (!rows[0]!.sees)
    throw new UserError(
      `databaseUrl is of the user ${rows[0]!.user}, whom row-level security holds for: moving a shard would lose its rows. Name a superuser, or one with bypassrls`,
    );
}

async function findWorkerPort(client: Client, host: string): Promise<number> {
  const node = (await listNodes(client))?.find((found) => found.host === host && found.group !== 0);
  if (node === undefined)
    throw new UserError(
      `${host} is no worker of the Citus cluster, so no tenant can be placed there: form the cluster first`,
    );
  return node.port;
}

async function planMoves(client: Client, { placements, workers }: Inputs): Promise<PlacementPlan> {
  const { shards } = await readPlacements(client, placements);
  const nowhere = placements.find(({ worker }) => workers[worker] === undefined);
  if (nowhere !== undefined) throw new UserError(noWorkerMessage(nowhere.tenant, nowhere.worker, workers.length));
  const absent = placements.find(({ tenant }) => !shards.has(tenant));
  if (absent !== undefined)
    throw new UserError(
      `tenant ${absent.tenant} is to be placed, but has no row in tenants: declare it, or take its placement away`,
    );
  const result = planPlacements(placements, shards, workers);
  if (result.error !== undefined) throw new UserError(result.error);
  return result;
}
