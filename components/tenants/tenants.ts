import { CacheTenants } from "@plinth/providers/cache-tenants.ts";
import type { PlacedTenant } from "@plinth/providers/clients/citus/placement-plan.ts";
import type { BrokerQuota } from "@plinth/providers/clients/kafka/quotas.ts";
import type { ClusterAccess } from "@plinth/providers/clients/kubernetes/access.ts";
import { expandIds, formatTenantIds, type IdRange, splitIntoBatches } from "@plinth/providers/tenancy/ids.ts";
import { tenantKeyPrefix, tenantName, tenantOrgId, tenantPassword } from "@plinth/providers/tenancy/names.ts";
import { TenantPlacements } from "@plinth/providers/tenant-placements.ts";
import { TenantQuotas } from "@plinth/providers/tenant-quotas.ts";
import { TenantRows } from "@plinth/providers/tenants.ts";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import { declaredIds, type TenantDeclaration } from "./declaration.ts";

export interface TenantsArgs {
  /** `postgresql://user:password@host:port/database`. */
  databaseUrl: pulumi.Input<string>;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Input<string>;
  /** `redis://[user:password@]host:port`. */
  cacheUrl: pulumi.Input<string>;
  /** Where those run when this machine cannot reach them by their names. */
  cluster?: pulumi.Input<ClusterAccess>;
  /** As `parseTenants` reads them. */
  tenants: readonly TenantDeclaration[];
  /**
   * What the passwords of the cache's users are derived from, 16 characters or more; needed when a
   * tenant is `cache: isolated`.
   */
  tenantSecret?: pulumi.Input<string>;
  /**
   * What placements take. @default none, as on plain PostgreSQL, where there is nothing to place
   */
  citus?: CitusAdminAccess;
}

export interface CitusAdminAccess {
  /**
   * The database of `databaseUrl` as a user that row-level security does not hold for: it copies
   * shards. Resolves when the cluster is formed.
   */
  adminUrl: pulumi.Input<string>;
  /** Hosts of the workers, in the order of their numbers. */
  workers: pulumi.Input<pulumi.Input<string>[]>;
}

/** What one tenant goes by, for a connection of its own. */
export interface TenantAccess {
  /** Client id of its connections to the broker; its quota holds for these. */
  clientId: string;
  /** Its keys and channels in the cache start with it, as in "t:10001:". */
  keyPrefix: string;
  /** `X-Scope-OrgID` of its logs. */
  organisation: string;
  /**
   * The cache as its own user, which reaches nothing but `keyPrefix`; secret. Undefined for a
   * tenant that is not `cache: isolated`.
   */
  cacheUrl?: pulumi.Output<string>;
}

/**
 * Every tenant of the stack, and what each of them has: a row and its shard, limits at the broker,
 * a user of the cache. At most eleven resources however many tenants there are, and none for what
 * nobody declared. A tenant that leaves keeps its row and its data; its quota and its user go.
 *
 * @example
 * new Tenants("tenants", { databaseUrl, brokers, cacheUrl, tenants: parseTenants("10001,20000-29999") });
 */
export class Tenants extends PlatformComponent {
  /** Whether Citus distributes the table; resolves when every tenant has its row. */
  readonly distributed: pulumi.Output<boolean>;
  private readonly ids: IdRange[];
  private readonly cacheAccess:
    | { url: pulumi.Output<string>; secret: pulumi.Output<string>; ids: IdRange[] }
    | undefined;

  constructor(name: string, args: TenantsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("Tenants", name, undefined, opts);
    const resolved = resolveTenants(args.tenants);
    const rows = this.createRows(resolved.ids, args);
    this.createPlacements(resolved.placements, rows, args);
    this.createQuotas(resolved.quotas, args);
    this.cacheAccess = this.createCacheUsers(resolved.isolated, args);
    this.ids = resolved.ids;
    this.distributed = pulumi.all(rows.map((batch) => batch.distributed)).apply((all) => all.every(Boolean));
    this.registerOutputs({ distributed: this.distributed });
  }

  /** What the tenant goes by. Throws for one that is not declared. */
  getAccess(id: number): TenantAccess {
    if (!includesTenant(this.ids, id)) throw new Error(`${this.name}: tenant ${id} is not declared`);
    const own = { clientId: tenantName(id), keyPrefix: tenantKeyPrefix(id), organisation: tenantOrgId(id) };
    const access = this.cacheAccess;
    return access && includesTenant(access.ids, id) ? { ...own, cacheUrl: tenantCacheUrl(id, access) } : own;
  }

  private createRows(ids: IdRange[], { databaseUrl, cluster }: TenantsArgs): TenantRows[] {
    return Object.entries(splitIntoBatches(ids)).map(
      ([batch, tenants]) =>
        new TenantRows(this.childName(batch), { databaseUrl, cluster, batch, tenants }, { parent: this }),
    );
  }

  private createPlacements(
    placements: PlacedTenant[],
    rows: TenantRows[],
    { databaseUrl, cluster, citus }: TenantsArgs,
  ): void {
    if (placements.length === 0) return;
    const { adminUrl, workers } = citus ?? { adminUrl: databaseUrl, workers: [] };
    const args = { databaseUrl: adminUrl, cluster, workers, placements };
    new TenantPlacements(this.childName("placements"), args, { parent: this, dependsOn: rows });
  }

  private createQuotas(quotas: ResolvedTenants["quotas"], args: TenantsArgs): void {
    if (Object.keys(quotas).length === 0) return;
    const brokers = pulumi.output(args.brokers).apply((list) => list.split(","));
    new TenantQuotas(this.childName("quotas"), { brokers, cluster: args.cluster, quotas }, { parent: this });
  }

  private createCacheUsers(ids: IdRange[], { cacheUrl, cluster, tenantSecret }: TenantsArgs): Tenants["cacheAccess"] {
    if (ids.length === 0) return undefined;
    if (tenantSecret === undefined)
      throw new Error(
        `${this.name}: tenants ${formatTenantIds(ids)} are 'cache: isolated', which needs the argument tenantSecret`,
      );
    const tenants = formatTenantIds(ids);
    const users = new CacheTenants(
      this.childName("users"),
      { cacheUrl, cluster, tenants, secret: tenantSecret },
      { parent: this },
    );
    // Known when the users are there.
    const url = pulumi.all([cacheUrl, users.id]).apply(([known]) => known);
    return { url, secret: pulumi.secret(tenantSecret), ids };
  }
}

export interface ResolvedTenants {
  ids: IdRange[];
  /** By canonical ids. */
  quotas: Record<string, BrokerQuota>;
  /** In the order of the tenants. */
  placements: PlacedTenant[];
  /** Tenants with a user of the cache. */
  isolated: IdRange[];
}

/** What each kind of resource is given, apart from any so that a table of cases can test it. */
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

const includesTenant = (ids: readonly IdRange[], id: number) => ids.some(([first, last]) => first <= id && id <= last);

function tenantCacheUrl(
  id: number,
  { url, secret }: { url: pulumi.Output<string>; secret: pulumi.Output<string> },
): pulumi.Output<string> {
  return pulumi.all([url, secret]).apply(([known, key]) => {
    const own = new URL(known);
    own.username = tenantName(id);
    own.password = tenantPassword(key, id);
    return own.href;
  });
}
