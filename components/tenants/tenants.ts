import { UserError } from "@plinth/local/user-error.ts";
import { CacheTenants } from "@plinth/providers/cache-tenants.ts";
import type { ClusterAccess } from "@plinth/providers/clients/kubernetes/access.ts";
import { formatTenantIds, type IdRange, splitIntoBatches } from "@plinth/providers/tenancy/ids.ts";
import { tenantKeyPrefix, tenantName, tenantOrgId, tenantPassword } from "@plinth/providers/tenancy/names.ts";
import { TenantPlacements } from "@plinth/providers/tenant-placements.ts";
import { TenantQuotas } from "@plinth/providers/tenant-quotas.ts";
import { TenantRows } from "@plinth/providers/tenants.ts";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { CitusAdminAccess } from "../citus/settings.ts";
import type { TenantDeclaration } from "./declaration.ts";
import { type ResolvedTenants, resolveTenants } from "./settings.ts";

export interface TenantsArgs {
  /** `postgresql://user:password@host:port/database`. */
  databaseUrl: pulumi.Input<string>;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Input<string>;
  /** `redis://[user:password@]host:port`. */
  cacheUrl: pulumi.Input<string>;
  /** The cluster of these servers, when this machine cannot reach them by name. */
  cluster?: pulumi.Input<ClusterAccess>;
  /** As `parseTenants` returns them. */
  tenants: readonly TenantDeclaration[];
  /**
   * Passwords of the cache users derive from it; 16 characters or more. Required when a tenant is
   * `cache: isolated`.
   */
  tenantSecret?: pulumi.Input<string>;
  /** Required for placements. @default none: on plain PostgreSQL there are no workers */
  citus?: CitusAdminAccess;
}

/** How one tenant connects. */
export interface TenantAccess {
  /** Client id of its connections to the broker, which its quota limits. */
  clientId: string;
  /** Prefix of its keys and channels in the cache, as in "t:10001:". */
  keyPrefix: string;
  /** `X-Scope-OrgID` of its logs. */
  organisation: string;
  /**
   * The cache as the tenant's user, which reaches only `keyPrefix`; secret. Undefined for a tenant
   * that is not `cache: isolated`.
   */
  cacheUrl?: pulumi.Output<string>;
}

interface CacheAccess {
  url: pulumi.Output<string>;
  secret: pulumi.Output<string>;
  ids: IdRange[];
}

/**
 * Every tenant of the stack and what it owns: a row and its shard, limits at the broker, a cache
 * user. At most eleven resources for any number of tenants, and none for what no tenant declares. A
 * removed tenant keeps its row and its data; its quota and its cache user are deleted.
 *
 * @example
 * const tenants = parseTenants("10001,20000-29999");
 * new Tenants("tenants", { databaseUrl, brokers, cacheUrl, tenants });
 */
export class Tenants extends PlatformComponent {
  /** Whether Citus distributes the table; resolves when every tenant has its row. */
  readonly distributed: pulumi.Output<boolean>;
  private readonly ids: IdRange[];
  private readonly cacheAccess: CacheAccess | undefined;

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

  /** How the tenant connects. @throws UserError for one that is not declared */
  getAccess(id: number): TenantAccess {
    if (!includesTenant(this.ids, id)) throw new UserError(`${this.name}: tenant ${id} is not declared`);
    const names = { clientId: tenantName(id), keyPrefix: tenantKeyPrefix(id), organisation: tenantOrgId(id) };
    const access = this.cacheAccess;
    return access && includesTenant(access.ids, id) ? { ...names, cacheUrl: tenantCacheUrl(id, access) } : names;
  }

  private createRows(ids: IdRange[], { databaseUrl, cluster }: TenantsArgs): TenantRows[] {
    return Object.entries(splitIntoBatches(ids)).map(([batch, tenants], index) => {
      const declared = index === 0 ? { declared: formatTenantIds(ids) } : {};
      const args = { databaseUrl, cluster, batch, tenants, ...declared };
      return new TenantRows(this.childName(batch), args, { parent: this });
    });
  }

  private createPlacements(
    placements: ResolvedTenants["placements"],
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

  private createCacheUsers(ids: IdRange[], { cacheUrl, cluster, tenantSecret }: TenantsArgs): CacheAccess | undefined {
    if (ids.length === 0) return undefined;
    const tenants = formatTenantIds(ids);
    if (tenantSecret === undefined)
      throw new UserError(
        `${this.name}: tenants ${tenants} are 'cache: isolated', which needs the argument tenantSecret`,
      );
    const users = new CacheTenants(
      this.childName("users"),
      { cacheUrl, cluster, tenants, secret: tenantSecret },
      { parent: this },
    );
    // Resolves when the users exist.
    const url = pulumi.all([cacheUrl, users.id]).apply(([known]) => known);
    return { url, secret: pulumi.secret(tenantSecret), ids };
  }
}

const includesTenant = (ids: readonly IdRange[], id: number) => ids.some(([first, last]) => first <= id && id <= last);

function tenantCacheUrl(id: number, { url, secret }: CacheAccess): pulumi.Output<string> {
  return pulumi.all([url, secret]).apply(([adminUrl, key]) => {
    const tenantUrl = new URL(adminUrl);
    tenantUrl.username = tenantName(id);
    tenantUrl.password = tenantPassword(key, id);
    return tenantUrl.href;
  });
}
