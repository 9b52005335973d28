import { UserError } from "@plinth/local/user-error.ts";
import type { Client } from "pg";
import { hasCitus } from "../postgres/database.ts";
import { listNodes } from "./catalog.ts";
import {
  noWorkerMessage,
  type PlacedTenant,
  type PlacementPlan,
  planPlacements,
  type TenantShard,
} from "./placement-plan.ts";
import { chooseTransferMode } from "./shard-moves.ts";
import { acquireSessionLock } from "./superuser.ts";

export interface DesiredPlacements {
  /** Hosts of the workers, in the order of their ordinals. */
  workers: string[];
  placements: PlacedTenant[];
}

export interface ActualPlacements {
  /** False on plain PostgreSQL, and before `tenants` is distributed. */
  distributed: boolean;
  /** By tenant id. */
  shards: Map<number, TenantShard>;
  /** Host of each tenant's rows, by tenant id. */
  placed: Record<string, string>;
}

/** Finds the shards of the placed tenants. Leaves out tenants without a row. */
export async function readPlacements(client: Client, placements: readonly PlacedTenant[]): Promise<ActualPlacements> {
  const none = { distributed: false, shards: new Map<number, TenantShard>(), placed: {} };
  if (!(await hasCitus(client))) return none;
  const { rowCount } = await client.query("select from pg_dist_partition where logicalrelid = to_regclass('tenants')");
  if (rowCount === 0) return none;
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
 * Isolates and moves tenants to where they should be. Safe to repeat after any interruption: each
 * shard is split or moved completely or not at all.
 *
 * @param lockTimeoutMs how long to wait for another run that moves shards
 */
export async function applyPlacements(
  client: Client,
  desired: DesiredPlacements,
  lockTimeoutMs: number,
): Promise<Pick<ActualPlacements, "distributed" | "placed">> {
  if (!(await readPlacements(client, [])).distributed) return { distributed: false, placed: {} };
  await requireRowSecurityBypass(client);
  await acquireSessionLock(client, "plinth:tenant-placements", lockTimeoutMs);
  const mode = await chooseTransferMode(client);
  for (const tenant of (await planMoves(client, desired)).isolate)
    await client.query(
      "select isolate_tenant_to_new_shard('tenants', $1::bigint, 'CASCADE', $2::citus.shard_transfer_mode)",
      [tenant, mode],
    );
  // Planned again, because splitting has created other shards.
  for (const { shard, from, to } of (await planMoves(client, desired)).move)
    await client.query("select citus_move_shard_placement($1, $2, $3, $4, $5, $6::citus.shard_transfer_mode)", [
      shard,
      from.host,
      from.port,
      to,
      await findWorkerPort(client, to),
      mode,
    ]);
  return { distributed: true, placed: (await readPlacements(client, desired.placements)).placed };
}

/**
 * The user's own queries copy a shard: rows hidden by row-level security would be lost unnoticed.
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
  const worker = (await listNodes(client))?.find((node) => node.host === host && node.group !== 0);
  if (worker === undefined)
    throw new UserError(
      `${host} is not a worker of the Citus cluster, so no tenant can be placed there: form the cluster first`,
    );
  return worker.port;
}

async function planMoves(client: Client, { placements, workers }: DesiredPlacements): Promise<PlacementPlan> {
  const { shards } = await readPlacements(client, placements);
  const unplaceable = placements.find(({ worker }) => workers[worker] === undefined);
  if (unplaceable !== undefined)
    throw new UserError(noWorkerMessage(unplaceable.tenant, unplaceable.worker, workers.length));
  const absent = placements.find(({ tenant }) => !shards.has(tenant));
  if (absent !== undefined)
    throw new UserError(
      `tenant ${absent.tenant} is to be placed, but has no row in tenants: declare it, or take its placement away`,
    );
  const plan = planPlacements(placements, shards, workers);
  if (plan.error !== undefined) throw new UserError(plan.error);
  return plan;
}
