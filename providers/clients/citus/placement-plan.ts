/** Where a tenant's rows should be. */
export interface PlacedTenant {
  tenant: number;
  /** Ordinal of the worker, from 0. */
  worker: number;
  /** Whether the tenant first gets a shard to itself. Otherwise all tenants of its shard move along. */
  isolate: boolean;
}

/**
 * The shard of `tenants` that holds a tenant. The colocated shards of all other tables move along
 * with it.
 */
export interface TenantShard {
  tenant: number;
  shard: string;
  /** Whether it holds a single hash value, so no other tenant. */
  own: boolean;
  host: string;
  port: number;
}

export interface PlacementPlan {
  /** Tenants that are split into their own shards, before any shard moves. */
  isolate: number[];
  move: { shard: string; from: { host: string; port: number }; to: string }[];
  /** A few words for each tenant that moves or gets its own shard. */
  descriptions: string[];
  error?: string;
}

/**
 * Plans the moves from where tenants are to where they should be. Leaves out tenants without a
 * shard, which the caller refuses.
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
  // A tenant that gets its own shard no longer shares one.
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
