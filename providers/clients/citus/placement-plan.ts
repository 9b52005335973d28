import type { PlacedTenant } from "../../tenant-placements.ts";

/**
 * The shard of `tenants` that holds a tenant; shards of all other tables that are distributed alike
 * are beside it and move along.
 */
export interface TenantShard {
  tenant: number;
  shard: string;
  /** Whether it holds one value of the hash alone, and so no other tenant. */
  own: boolean;
  host: string;
  port: number;
}

export interface PlacementPlan {
  /** Tenants that get a shard of their own, before anything is moved. */
  isolate: number[];
  move: { shard: string; from: { host: string; port: number }; to: string }[];
  /** A few words for each tenant that something is done for. */
  descriptions: string[];
  error?: string;
}

/**
 * What leads from where tenants are to where they should be. Tenants that have no shard here are
 * the caller's to refuse.
 */
export function planPlacements(
  placements: readonly PlacedTenant[],
  shards: ReadonlyMap<number, TenantShard>,
  workers: readonly string[],
): PlacementPlan {
  const plan: PlacementPlan = { isolate: [], move: [], descriptions: [] };
  const found = placements.flatMap((placement) => {
    const at = shards.get(placement.tenant);
    return at === undefined ? [] : [{ ...placement, at, to: workers[placement.worker]! }];
  });
  // Whoever gets a shard of its own now shares it no more.
  const staying = found.filter(({ isolate, at }) => at.own || !isolate);
  for (const [shard, together] of Map.groupBy(staying, ({ at }) => at.shard)) {
    const [first, ...others] = together;
    const other = others.find(({ to }) => to !== first!.to);
    if (other !== undefined) return { ...plan, error: conflictMessage(first!, other) };
    if (first!.at.host !== first!.to) plan.move.push({ shard, from: first!.at, to: first!.to });
  }
  for (const { tenant, isolate, at, to } of found) {
    const splits = isolate && !at.own;
    if (splits) plan.isolate.push(tenant);
    if (splits || at.host !== to) plan.descriptions.push(describePlacement(tenant, splits, at, to));
  }
  return plan;
}

function describePlacement(tenant: number, splits: boolean, { host, own }: TenantShard, to: string): string {
  const moves = host === to ? "" : `${host} → ${to}`;
  if (splits) return [`tenant ${tenant}: a shard of its own`, moves].filter(Boolean).join(", ");
  return own ? `tenant ${tenant}: ${moves}` : `tenant ${tenant}, with the others of its shard: ${moves}`;
}

type LocatedTenant = PlacedTenant & { at: TenantShard; to: string };

function conflictMessage(one: LocatedTenant, other: LocatedTenant): string {
  const words = `tenants ${one.tenant} and ${other.tenant} share a shard, but are to be on ${one.to} and ${other.to}`;
  return one.at.own
    ? `${words}: their ids have the same hash, so they cannot be parted`
    : `${words}: give one of them 'isolate', or both the same worker`;
}
