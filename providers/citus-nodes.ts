import * as pulumi from "@pulumi/pulumi";
import type { ClusterAccess } from "./clients/kubernetes/access.ts";
import { DynamicResource } from "./dynamic-resource.ts";

export interface CitusNodesArgs {
  /**
   * `postgresql://superuser:password@host:port/postgres` of the coordinator; kept secret. Every
   * node has the same superuser and password.
   */
  adminUrl: pulumi.Input<string>;
  /**
   * Where hosts like `citus-coordinator.dev-infra.svc` are.
   * @default none: every host is reached directly
   */
  cluster?: pulumi.Input<ClusterAccess> | undefined;
  /** Host of the coordinator, as the workers reach it. */
  coordinator: pulumi.Input<string>;
  /** Hosts of the workers, as all nodes reach them; at least one. */
  workers: pulumi.Input<pulumi.Input<string>[]>;
  /** TCP port of every node. */
  port: pulumi.Input<number>;
  /** Role of the services. Not a superuser, which would bypass row-level security. */
  user: pulumi.Input<string>;
  /** Of the role; printable ASCII; kept secret. Changing it changes it on every node. */
  password: pulumi.Input<string>;
  /** The distributed database, which the role owns. */
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
  /** Filled in by the check: how the cluster differs from the recorded one; "" if it does not. */
  drift: string;
  providerVersion: number;
}

export interface CitusNodesOutputs extends CitusNodesInputs {
  /**
   * True if the nodes have the Citus extension. On plain PostgreSQL the role and the database are
   * created, and nothing is distributed.
   */
  distributed: boolean;
  /** Version of Citus, as in "12.1-1"; "" on plain PostgreSQL. */
  version: string;
  /** The rows of pg_dist_node, coordinator first. */
  nodes: CitusNodeState[];
}

export interface CitusNodeState {
  host: string;
  port: number;
  active: boolean;
  /** True if the node may hold shards. */
  takesShards: boolean;
}

/**
 * Forms a Citus cluster of its nodes: the role and the database on each, the extension, the
 * passwords by which they reach each other, and the coordinator's list of workers (`pg_dist_node`).
 * A new worker has its share of the shards before the resource is ready. The next plan shows and
 * reverts manual changes, but never removes a node that holds shards: `CitusDrain` does that when
 * the program declares fewer workers. Deleting the resource leaves the cluster as it is.
 *
 * Every node takes a new password of the role or of the superuser without a restart. It connects
 * with the former superuser password to set the new one.
 *
 * @example
 * new CitusNodes("nodes", { adminUrl, coordinator, workers, port: 5432, user: "app", password,
 *   database: "app" }, { dependsOn: statefulSets });
 */
export class CitusNodes extends DynamicResource {
  /** As every output, known once the cluster is formed. */
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
