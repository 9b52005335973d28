import * as pulumi from "@pulumi/pulumi";
import type { PlacedTenant } from "./clients/citus/placement-plan.ts";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface TenantPlacementsArgs {
  /**
   * `postgresql://user:password@host:port/database` of the distributed database; kept secret. On
   * Citus the user must pass by row-level security, as a superuser does: a shard is copied with the
   * rights of whoever moves it, and rows that those do not see would be lost. Any user on plain
   * PostgreSQL.
   */
  databaseUrl: pulumi.Input<string>;
  /** Where it runs when this machine cannot reach it by its name. */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /**
   * Hosts of the workers in the order of their ordinals. @default none, as on plain PostgreSQL; a
   * placement on Citus is refused then
   */
  workers?: pulumi.Input<pulumi.Input<string>[]>;
  /** Tenants without a placement stay where Citus has put them. */
  placements: pulumi.Input<pulumi.Input<PlacedTenant>[]>;
}

/** Resolved inputs: what the engine stores and compares. */
export interface TenantPlacementsInputs {
  databaseUrl: string;
  cluster?: ClusterAccess | undefined;
  workers: string[];
  placements: PlacedTenant[];
  /**
   * Filled in by the check: what `up` will do, a few words for each tenant that is not where it
   * should be.
   */
  moves: string[];
  providerVersion: number;
}

export interface TenantPlacementsOutputs extends TenantPlacementsInputs {
  /** False on plain PostgreSQL, where there is nothing to place. */
  distributed: boolean;
  /** Host that each tenant's rows are on, by its id. */
  placed: Record<string, string>;
}

/**
 * Where the rows of certain tenants are: on a named worker, if asked for in a shard of their own.
 * Only what is not as it should be is moved; a plan looks at the cluster and names it. A rebalance
 * may move a placed shard, so this must depend on what forms the cluster: it brings it back in the
 * same run. A tenant that leaves the list stays where it is.
 *
 * A shard is read while it moves. Writes to it wait where its tables force row-level security, for
 * as long as copying takes.
 *
 * @example
 * new TenantPlacements("placements", { databaseUrl: cluster.adminUrl, workers: cluster.workers, placements: [{ tenant: 10001, worker: 2, isolate: true }] });
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
