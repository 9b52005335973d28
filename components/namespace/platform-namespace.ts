import { Cluster } from "@plinth/providers/cluster.ts";
import { STACK_ANNOTATION } from "@plinth/providers/stack-id.ts";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { KubernetesRuntime, Profile } from "../base/runtime.ts";
import { defaultDeny, type Peer } from "../kubernetes/network.ts";

export interface PlatformNamespaceArgs {
  namespace: string;
  profile: Profile;
  /**
   * Context in the kubeconfig. @default the current one, which in development must be a cluster on
   * this machine
   */
  context?: string;
  /** Identity of the stack. @default chosen at the first `up`; see {@link Cluster} */
  stackId?: string;
  /** Pods that read the metrics of every workload. @default none */
  scrapers?: readonly Peer[];
}

/**
 * The namespace of a stack, and the access to its cluster. It enforces Pod Security "restricted"
 * and admits only connections that a component declares. Destroying the stack keeps the namespace
 * and the data in it.
 *
 * @example
 * const args = { namespace: "dev-infra", profile: "development" };
 * const { runtime } = new PlatformNamespace("platform", args);
 */
export class PlatformNamespace extends PlatformComponent {
  readonly runtime: KubernetesRuntime;

  constructor(name: string, args: PlatformNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PlatformNamespace", name, undefined, opts);
    const cluster = this.createCluster(args);
    const provider = this.createProvider(cluster);
    const namespace = this.createNamespace(args.namespace, cluster, provider);
    this.createDefaultDeny(namespace, provider);
    this.runtime = {
      kind: "kubernetes",
      profile: args.profile,
      namespace,
      provider,
      scrapers: args.scrapers ?? [],
      cluster: pulumi
        .all([cluster.context, namespace])
        .apply(([context, resolvedNamespace]) => ({ context, namespace: resolvedNamespace })),
    };
    this.registerOutputs({ namespace });
  }

  private createCluster({ namespace, profile, context, stackId }: PlatformNamespaceArgs): Cluster {
    const args = {
      namespace,
      localOnly: profile === "development",
      ...(context !== undefined && { context }),
      ...(stackId !== undefined && { stackId }),
    };
    return new Cluster(this.childName("cluster"), args, { parent: this });
  }

  private createProvider({ context }: Cluster): Provider {
    return new Provider(
      this.childName("provider"),
      {
        context,
        // Empty, the provider finds the kubeconfig as every client does. Left out, the SDK would
        // record this machine's KUBECONFIG in the state, which is wrong on every other machine.
        kubeconfig: "",
        // Takes over objects that a killed engine had created already, the namespace that outlives
        // its stack, and fields that a person changed; refusing them would fail every later `up`.
        upsertExistingObjects: true,
        enablePatchForce: true,
        // Otherwise a new password or setting deletes the object first, and with it every pod that
        // waits for it.
        enableSecretMutable: true,
        enableConfigMapMutable: true,
      },
      { parent: this },
    );
  }

  /** @returns its name; resolves when it exists */
  private createNamespace(name: string, { stackId }: Cluster, provider: Provider): pulumi.Output<string> {
    const manifest = { metadata: { name, labels: namespaceLabels, annotations: { [STACK_ANNOTATION]: stackId } } };
    const opts = { parent: this, provider, retainOnDelete: true };
    return new Namespace(this.childName("namespace"), manifest, opts).metadata.name;
  }

  private createDefaultDeny(namespace: pulumi.Output<string>, provider: Provider): void {
    const manifest = { metadata: { name: "default-deny", namespace, labels: ownLabels }, spec: defaultDeny() };
    new NetworkPolicy(this.childName("default-deny"), manifest, { parent: this, provider });
  }
}

const ownLabels = { "app.kubernetes.io/part-of": "plinth", "app.kubernetes.io/managed-by": "pulumi" };

const namespaceLabels = {
  ...ownLabels,
  ...Object.fromEntries(
    ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
  ),
};
