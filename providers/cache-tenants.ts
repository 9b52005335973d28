import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface CacheTenantsArgs {
  /** `redis://[user:password@]host:port` of a user that may administer users; kept secret. */
  cacheUrl: pulumi.Input<string>;
  /** Where hosts like `redis.dev-infra.svc` are. @default none: every host is reached directly */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Canonical ids, as in "10001,20000-29999". */
  tenants: string;
  /**
   * Secret that derives all passwords, at least 16 characters. Changing it changes every password.
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
  /** How many tenants have a user. */
  users: number;
  /**
   * True if the cache keeps its users in a file, so that they survive its restart. Otherwise the
   * next `up` creates them again.
   */
  durable: boolean;
  /**
   * Fingerprint of the rules that the server reports for each user. Another server or another set
   * of rules has another one.
   */
  rules: string;
}

/**
 * A user of the cache for each tenant, `tenant-<id>`, which may use keys and channels below
 * `t:<id>:`, but neither other keys, nor names of keys, nor the server. One resource holds all
 * tenants. A user holds no data: when its tenant leaves or the resource is destroyed, the user is
 * removed and its connections end. The keys stay until the cache evicts them.
 *
 * @example
 * new CacheTenants("users", {
 *   cacheUrl: cache.url, tenants: "10001,20000-29999", secret: config.tenantSecret,
 * });
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
