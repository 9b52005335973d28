import type { PlacedTenant } from "@plinth/providers/clients/citus/placement-plan.ts";
import type { BrokerQuota } from "@plinth/providers/clients/kafka/quotas.ts";
import { expandIds, formatTenantIds, type IdRange } from "@plinth/providers/tenancy/ids.ts";
import { declaredIds, type TenantDeclaration } from "./declaration.ts";

/** What each kind of resource is created from. */
export interface ResolvedTenants {
  ids: IdRange[];
  /** By canonical ids. */
  quotas: Record<string, BrokerQuota>;
  /** In the order of the tenants. */
  placements: PlacedTenant[];
  /** Tenants with a cache user. */
  isolated: IdRange[];
}

/** Groups declarations by resource; free of resources, so that a table of cases can test it. */
export function resolveTenants(declarations: readonly TenantDeclaration[]): ResolvedTenants {
  const limited = declarations.filter(({ broker }) => broker !== undefined);
  const quotas = [...Map.groupBy(limited, ({ broker }) => JSON.stringify(broker)).values()];
  const placements = declarations.flatMap(({ ids, placement }) =>
    placement ? expandIds(ids).map((tenant) => ({ tenant, ...placement })) : [],
  );
  return {
    ids: declaredIds(declarations),
    quotas: Object.fromEntries(quotas.map((same) => [formatTenantIds(declaredIds(same)), same[0]!.broker!])),
    placements: placements.sort((a, b) => a.tenant - b.tenant),
    isolated: declaredIds(declarations.filter(({ cache }) => cache === "isolated")),
  };
}
