import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";
import type { STACK_ANNOTATION } from "./stack-id.ts";

export interface ClusterArgs {
  /**
   * Name of a context in the kubeconfig. An explicit name may be of any cluster, also with
   * `localOnly`.
   * @default the current context
   */
  context?: string;
  /** Namespace of the stack. */
  namespace: string;
  /** Refuses a cluster that does not seem to run on this machine, unless `context` names it. */
  localOnly: boolean;
  /**
   * Identity of the stack; naming another stack's takes over its namespace.
   * @default chosen at the first `up`, and kept in the state
   */
  stackId?: string;
}

/**
 * Resolved inputs: what the engine stores and compares. The check fills in `context` and the
 * identities.
 */
export interface ClusterInputs {
  context?: string;
  namespace: string;
  localOnly: boolean;
  providerVersion: number;
  /** UID of the namespace kube-system: another cluster may have the same context. */
  clusterUid?: string;
  stackId?: string;
}

export interface ClusterOutputs extends ClusterInputs {
  context: string;
  /** As the API server reports it, as in "v1.34.1". */
  serverVersion: string;
}

/**
 * The cluster of a stack, found in the kubeconfig and checked before all other resources: a preview
 * without a cluster, with one that does not answer, or with the wrong one ends in one sentence. The
 * resource neither creates nor deletes the cluster.
 *
 * @example
 * const cluster = new Cluster("cluster", { namespace: "dev-infra", localOnly: true });
 * const provider = new Provider("kubernetes", { context: cluster.context });
 */
export class Cluster extends DynamicResource {
  /** Name of the context; known in preview. */
  declare readonly context: pulumi.Output<string>;
  declare readonly serverVersion: pulumi.Output<string>;
  /** For the annotation {@link STACK_ANNOTATION} of the namespace; known in preview. */
  declare readonly stackId: pulumi.Output<string>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "cluster",
      "Cluster",
      name,
      { context: undefined, serverVersion: undefined, stackId: undefined, ...args, providerVersion: 1 },
      opts,
    );
  }
}
