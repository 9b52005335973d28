import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface CacheTenantsArgs {
  /** `redis://[user:password@]host:port` of a user that may administer users; kept secret. */
  cacheUrl: pulumi.Input<string>;
  /** Where the cache runs when this machine cannot reach it by its name. */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Canonical ids, as in "10001,20000-29999". */
  tenants: string;
  /**
   * What all passwords are derived from, at least 16 characters; kept secret. Another one changes
   * every password.
   */
  secret: pulumi.Input<string>;
}

/** Resolved inputs: what the engine stores and compares. */
export interface CacheTenantsInputs {
  cacheUrl: string;
  cluster?: ClusterAccess | undefined;
  tenants: string;
  secret: string;
  providerVersion: number;
}

export interface CacheTenantsOutputs extends CacheTenantsInputs {
  /** Tenants that have a user. */
  users: number;
  /**
   * Whether the users outlive a restart of the cache: it keeps them in a file. Otherwise the next
   * `up` makes them again.
   */
  durable: boolean;
  /**
   * Fingerprint of what the server says that each of them may do; it differs where the server or
   * the rules do.
   */
  rules: string;
}

/**
 * A user of the cache for each tenant, `tenant-<id>`, that reaches keys and channels below
 * `t:<id>:` and nothing else: neither other keys, nor the names of keys, nor the server. However
 * many there are, one resource. A user is no data: when its tenant leaves, or the resource is
 * destroyed, it is removed and its connections end; keys stay until the cache evicts them.
 *
 * @example
 * new CacheTenants("users", { cacheUrl: cache.url, tenants: "10001,20000-29999", secret: config.tenantSecret });
 */
export class CacheTenants extends DynamicResource {
  declare readonly users: pulumi.Output<number>;
  declare readonly durable: pulumi.Output<boolean>;

  constructor(name: string, args: CacheTenantsArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = {
      ...args,
      cacheUrl: pulumi.secret(args.cacheUrl),
      secret: pulumi.secret(args.secret),
      providerVersion: 1,
    };
    const outputs = { users: undefined, durable: undefined, rules: undefined };
    const secrets = { additionalSecretOutputs: ["cacheUrl", "secret"] };
    super("cache-tenants", "CacheTenants", name, { ...outputs, ...inputs }, pulumi.mergeOptions(secrets, opts));
  }
}
