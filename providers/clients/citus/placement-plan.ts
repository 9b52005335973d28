/** Where a tenant's rows should be. */
export interface PlacedTenant {
  tenant: number;
  /** Ordinal of the worker, from 0. */
  worker: number;
  /**
   * Whether the tenant first gets a shard to itself. Otherwise all tenants of its shard move along.
   */
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
  const located = placements.flatMap((placement) => {
    const shard = shards.get(placement.tenant);
    return shard === undefined ? [] : [{ ...placement, from: shard, to: workers[placement.worker]! }];
  });
  // A tenant that gets its own shard no longer shares one.
  const sharing = located.filter(({ isolate, from }) => from.own || !isolate);
  for (const [shard, together] of Map.groupBy(sharing, ({ from }) => from.shard)) {
    const [first, ...others] = together;
    const other = others.find(({ to }) => to !== first!.to);
    if (other !== undefined) return { ...plan, error: conflictMessage(first!, other) };
    if (first!.from.host !== first!.to) plan.move.push({ shard, from: first!.from, to: first!.to });
  }
  for (const { tenant, isolate, from, to } of located) {
    const splits = isolate && !from.own;
    if (splits) plan.isolate.push(tenant);
    if (splits || from.host !== to) plan.descriptions.push(describePlacement(tenant, splits, from, to));
  }
  return plan;
}

function describePlacement(tenant: number, splits: boolean, { host, own }: TenantShard, to: string): string {
  const moves = host === to ? "" : `${host} → ${to}`;
  if (splits) return [`tenant ${tenant}: its own shard`, moves].filter(Boolean).join(", ");
  return own ? `tenant ${tenant}: ${moves}` : `tenant ${tenant}, with the others of its shard: ${moves}`;
}

export const noWorkerMessage = (tenant: number, worker: number, count: number) =>
  `tenant ${tenant} is placed on worker ${worker}, but there are ${count}${count > 0 ? `: 0 to ${count - 1}` : ""}`;

type LocatedTenant = PlacedTenant & { from: TenantShard; to: string };

function conflictMessage(one: LocatedTenant, other: LocatedTenant): string {
  const conflict = `tenants ${one.tenant} and ${other.tenant} share a shard, but are to be on ${one.to} and ${other.to}`;
  return one.from.own
    ? `${conflict}: their ids have the same hash, so they cannot be parted`
    : `${conflict}: give one of them 'isolate', or both the same worker`;
}
