import type * as pulumi from "@pulumi/pulumi";
import type { BrokerQuota } from "./clients/kafka/quotas.ts";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface TenantQuotasArgs {
  /** `host:port` of at least one broker. */
  brokers: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Where hosts like `redpanda.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /**
   * By canonical ids, as in
   * `{ "10001": { produceBytesPerSecond: 1048576 }, "20000-29999": { … } }`; no id twice.
   */
  quotas: pulumi.Input<Record<string, BrokerQuota>>;
}

/** Resolved inputs: what the engine stores and compares. */
export interface TenantQuotasInputs {
  brokers: string[];
  cluster?: ClusterAccess | undefined;
  quotas: Record<string, BrokerQuota>;
  providerVersion: number;
}

export interface TenantQuotasOutputs extends TenantQuotasInputs {
  /** How many tenants have a quota. */
  tenants: number;
}

/**
 * Client quotas of the broker (KIP-546) for the client id `tenant-<id>` of each tenant. One
 * resource holds all tenants, and one request alters some thousands. Only differences are written.
 * A quota holds no data: when its tenant leaves the map or the resource is destroyed, the quota is
 * lifted.
 *
 * @example
 * new TenantQuotas("quotas", {
 *   brokers: cluster.brokers, quotas: { "20000-29999": { produceBytesPerSecond: 1 << 20 } },
 * });
 */
export class TenantQuotas extends DynamicResource {
  declare readonly tenants: pulumi.Output<number>;

  constructor(name: string, args: TenantQuotasArgs, opts?: pulumi.CustomResourceOptions) {
    super("tenant-quotas", "TenantQuotas", name, { tenants: undefined, ...args, providerVersion: 1 }, opts);
  }
}
