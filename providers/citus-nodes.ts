import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface CitusNodesArgs {
  /**
   * `postgresql://superuser:password@host:port/postgres` of the coordinator; kept secret. Its user
   * and password hold for every node.
   */
  adminUrl: pulumi.Input<string>;
  /** Where the nodes run when this machine cannot reach them by their names. */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Host that the workers reach the coordinator by. */
  coordinator: pulumi.Input<string>;
  /** Hosts of the nodes that hold the shards, by which all nodes reach them; at least one. */
  workers: pulumi.Input<pulumi.Input<string>[]>;
  /** TCP port of every node. */
  port: pulumi.Input<number>;
  /** Role that services connect as; no superuser, for it would pass by row-level security. */
  user: pulumi.Input<string>;
  /** Printable ASCII; kept secret. Another one changes it on every node. */
  password: pulumi.Input<string>;
  /** Database that the role owns and that is distributed. */
  database: pulumi.Input<string>;
}

/** Resolved inputs: what the engine stores and compares. */
export interface CitusNodesInputs {
  adminUrl: string;
  cluster?: ClusterAccess | undefined;
  coordinator: string;
  workers: string[];
  port: number;
  user: string;
  password: string;
  database: string;
  /**
   * Filled in by the check: how the real cluster differs from what was made, "" where it does not.
   */
  drift: string;
  providerVersion: number;
}

export interface CitusNodesOutputs extends CitusNodesInputs {
  /**
   * Whether the nodes have the Citus extension. On plain PostgreSQL role and database are made, and
   * nothing is distributed.
   */
  distributed: boolean;
  /** Of Citus, as in "12.1-1"; "" without it. */
  version: string;
  /** What pg_dist_node holds, coordinator first. */
  nodes: CitusNodeState[];
}

export interface CitusNodeState {
  host: string;
  port: number;
  active: boolean;
  /** Whether shards may be placed there. */
  takesShards: boolean;
}

/**
 * The nodes of a Citus cluster, made one: role and database on each, the extension, the passwords
 * by which they reach each other, and what the coordinator knows of its workers (`pg_dist_node`).
 * Added workers get their share of the shards before it is done. Whatever somebody changes by hand
 * is part of the next plan and mended, but a node that holds shards is never removed: that is
 * `CitusDrain`'s work, by a change of the program. Deleting the resource leaves the cluster as it
 * is.
 *
 * Another password, of the role or of the superuser, is taken over by every node without a restart:
 * the superuser's by connecting with the former one.
 *
 * @example
 * new CitusNodes("nodes", { adminUrl, coordinator, workers, port: 5432, user: "app", password, database: "app" }, { dependsOn: statefulSets });
 */
export class CitusNodes extends DynamicResource {
  /** Resolves when the cluster is formed, as all others. */
  declare readonly coordinator: pulumi.Output<string>;
  declare readonly workers: pulumi.Output<string[]>;
  declare readonly distributed: pulumi.Output<boolean>;
  declare readonly version: pulumi.Output<string>;
  declare readonly nodes: pulumi.Output<CitusNodeState[]>;

  constructor(name: string, args: CitusNodesArgs, opts?: pulumi.CustomResourceOptions) {
    const secrets = { adminUrl: pulumi.secret(args.adminUrl), password: pulumi.secret(args.password) };
    const inputs = { ...args, ...secrets, drift: "", providerVersion: 1 };
    const outputs = { distributed: undefined, version: undefined, nodes: undefined };
    const secretOutputs = { additionalSecretOutputs: Object.keys(secrets) };
    super("citus-nodes", "CitusNodes", name, { ...outputs, ...inputs }, pulumi.mergeOptions(secretOutputs, opts));
  }
}
