import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface CitusDrainArgs {
  /** `postgresql://superuser:password@host:port/postgres` of the coordinator; kept secret. */
  adminUrl: pulumi.Input<string>;
  /**
   * Where hosts like `citus-coordinator.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Hosts of the remaining workers, in the order of their ordinals; at least one. */
  workers: pulumi.Input<pulumi.Input<string>[]>;
  /** TCP port of every node. */
  port: pulumi.Input<number>;
  /** The distributed database. */
  database: pulumi.Input<string>;
  /**
   * Tenants that are placed on a worker, by its ordinal. Such a worker may not leave.
   * @default none
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
  /** Filled in by the check: how many shards each leaving worker holds now, by host. */
  leaving: Record<string, number>;
  providerVersion: number;
}

/**
 * Drains workers before they stop. The resource that runs the workers must depend on it. When a
 * worker leaves the list, it takes no new shards, its shards move to the remaining workers, and
 * then it leaves the cluster. A plan names the leaving workers and their shards. If a worker cannot
 * be emptied, the cluster stays as it was.
 *
 * A run may be interrupted and repeated: each moved shard stays moved. Without a leaving worker it
 * does nothing, nor does creating or deleting it.
 *
 * @example
 * const drained = new CitusDrain("drain", {
 *   adminUrl, workers: hosts, port: 5432, database: "app",
 * });
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
