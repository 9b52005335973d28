import * as pulumi from "@pulumi/pulumi";
import type { PlacedTenant } from "./clients/citus/placement-plan.ts";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface TenantPlacementsArgs {
  /**
   * `postgresql://user:password@host:port/database` of the distributed database; kept secret. On
   * Citus the user must bypass row-level security, as a superuser does: a shard is copied with the
   * user's rights, and rows that the user does not see would be lost. On plain PostgreSQL any user
   * will do.
   */
  databaseUrl: pulumi.Input<string>;
  /**
   * Where hosts like `citus-coordinator.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /**
   * Hosts of the workers, in the order of their ordinals.
   * @default none, as on plain PostgreSQL; a placement on Citus is then refused
   */
  workers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Tenants without a placement stay where Citus put them. */
  placements: pulumi.Input<pulumi.Input<PlacedTenant>[]>;
}

/** Resolved inputs: what the engine stores and compares. */
export interface TenantPlacementsInputs {
  databaseUrl: string;
  cluster?: ClusterAccess | undefined;
  workers: string[];
  placements: PlacedTenant[];
  /** Filled in by the check: what `up` will do, a few words for each misplaced tenant. */
  moves: string[];
  providerVersion: number;
}

export interface TenantPlacementsOutputs extends TenantPlacementsInputs {
  /** False on plain PostgreSQL, where there is nothing to place. */
  distributed: boolean;
  /** Host of each tenant's rows, by tenant id. */
  placed: Record<string, string>;
}

/**
 * Places the rows of some tenants on a given worker, if asked for in their own shard. Moves only
 * misplaced tenants, which a plan finds and names. A rebalance may move a placed shard, so this
 * must depend on the resource that forms the cluster: it then moves the shard back in the same run.
 * A tenant that leaves the list stays where it is.
 *
 * A shard can be read while it moves. If its tables force row-level security, writes wait until it
 * is copied.
 *
 * @example
 * new TenantPlacements("placements", { databaseUrl: cluster.adminUrl, workers: cluster.workers,
 *   placements: [{ tenant: 10001, worker: 2, isolate: true }] });
 */
export class TenantPlacements extends DynamicResource {
  declare readonly distributed: pulumi.Output<boolean>;
  declare readonly placed: pulumi.Output<Record<string, string>>;

  constructor(name: string, args: TenantPlacementsArgs, opts?: pulumi.CustomResourceOptions) {
    const inputs = {
      ...args,
      databaseUrl: pulumi.secret(args.databaseUrl),
      workers: args.workers ?? [],
      moves: [],
      providerVersion: 1,
    };
    const outputs = { distributed: undefined, placed: undefined };
    super(
      "tenant-placements",
      "TenantPlacements",
      name,
      { ...outputs, ...inputs },
      pulumi.mergeOptions({ additionalSecretOutputs: ["databaseUrl"] }, opts),
    );
  }
}
