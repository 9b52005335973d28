import type * as pulumi from "@pulumi/pulumi";
import { DynamicResource } from "./dynamic-resource.ts";

export interface ClusterArgs {
  /**
   * Name of a context in the kubeconfig; naming one is a decision, so any cluster may be named.
   * @default the current one
   */
  context?: string;
  /** Namespace that the stack lives in. */
  namespace: string;
  /** Refuses a cluster that does not look like one of this machine, unless `context` names it. */
  localOnly: boolean;
}

/** Resolved inputs: what the engine stores and compares. `context` is filled in by the check. */
export interface ClusterInputs {
  context?: string;
  namespace: string;
  localOnly: boolean;
  providerVersion: number;
}

export interface ClusterOutputs extends ClusterInputs {
  context: string;
  /** As the API server says it, as in "v1.34.1". */
  serverVersion: string;
}

/**
 * The cluster that a stack runs in, found in the kubeconfig and asked before anything else is: a
 * preview without a cluster, with one that does not answer, or with one that is not meant, ends in
 * one sentence. It is neither made nor deleted by this.
 *
 * @example
 * const cluster = new Cluster("cluster", { namespace: "dev-infra", localOnly: true });
 * const provider = new Provider("kubernetes", { context: cluster.context });
 */
export class Cluster extends DynamicResource {
  /** Name of the context; known in preview. */
  declare readonly context: pulumi.Output<string>;
  declare readonly serverVersion: pulumi.Output<string>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.CustomResourceOptions) {
    super(
      "cluster",
      "Cluster",
      name,
      { context: undefined, serverVersion: undefined, ...args, providerVersion: 1 },
      opts,
    );
  }
}
