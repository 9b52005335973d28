import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface CitusDrainArgs {
  /** `postgresql://superuser:password@host:port/postgres` of the coordinator; kept secret. */
  adminUrl: pulumi.Input<string>;
  /** Where the coordinator runs when this machine cannot reach it by its name. */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Hosts of the workers that stay, in the order of their ordinals; at least one. */
  workers: pulumi.Input<pulumi.Input<string>[]>;
  /** TCP port of every node. */
  port: pulumi.Input<number>;
  /** Database that is distributed. */
  database: pulumi.Input<string>;
  /**
   * Tenants that are to be on a certain worker, by its ordinal: that worker may not leave. @default
   * none
   */
  placements?: pulumi.Input<pulumi.Input<{ tenant: number; worker: number }>[]>;
}

/** Resolved inputs: what the engine stores and compares. */
export interface CitusDrainInputs {
  adminUrl: string;
  cluster?: ClusterAccess | undefined;
  workers: string[];
  port: number;
  database: string;
  placements: { tenant: number; worker: number }[];
  /** Filled in by the check: the shards that each worker which leaves holds now. */
  leaving: Record<string, number>;
  providerVersion: number;
}

/** Nothing that the inputs do not say. */
export type CitusDrainOutputs = CitusDrainInputs;

/**
 * Empties workers before they go: what runs the workers must depend on it. With fewer workers than
 * before, those that leave take no more shards, theirs are moved to those that stay, and then they
 * are taken out of the cluster. A plan says which leave and how much they hold. When it cannot be
 * done, nothing is changed and the workers stay.
 *
 * It may be interrupted and repeated: each moved shard stays moved. With as many workers as before,
 * or more, it does nothing; neither does making or deleting it.
 *
 * @example
 * const drained = new CitusDrain("drain", { adminUrl, workers: hosts, port: 5432, database: "app" });
 * new StatefulSet("workers", { spec: { replicas: hosts.length } }, { dependsOn: drained });
 */
export class CitusDrain extends DynamicResource {
  constructor(name: string, args: CitusDrainArgs, opts?: pulumi.CustomResourceOptions) {
    const adminUrl = pulumi.secret(args.adminUrl);
    const inputs = { ...args, adminUrl, placements: args.placements ?? [], leaving: {}, providerVersion: 1 };
    super(
      "citus-drain",
      "CitusDrain",
      name,
      inputs,
      pulumi.mergeOptions({ additionalSecretOutputs: ["adminUrl"] }, opts),
    );
  }
}
