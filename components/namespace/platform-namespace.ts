import { Cluster } from "@plinth/providers/cluster.ts";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { Provider } from "@pulumi/kubernetes/provider.js";
import * as pulumi from "@pulumi/pulumi";
import { type KubernetesRuntime, PlatformComponent, type Profile } from "../base/component.ts";
import { defaultDeny } from "../kubernetes/network.ts";

export interface PlatformNamespaceArgs {
  namespace: string;
  profile: Profile;
  /**
   * Name of the kubeconfig's context. @default the current one, which must then be a cluster of
   * this machine unless the profile is production
   */
  context?: string;
}

/**
 * The namespace that a stack lives in, and the way to its cluster. Pod Security "restricted" is
 * enforced, and no packet passes that no component declared. The namespace, and so the data in it,
 * stays when the stack is destroyed.
 *
 * @example
 * const { runtime } = new PlatformNamespace("platform", { namespace: "dev-infra", profile: "development" });
 */
export class PlatformNamespace extends PlatformComponent {
  readonly runtime: KubernetesRuntime;

  constructor(name: string, args: PlatformNamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PlatformNamespace", name, undefined, opts);
    const { namespace, profile, context } = args;
    const cluster = new Cluster(
      this.childName("cluster"),
      { namespace, localOnly: profile === "development", ...(context !== undefined && { context }) },
      { parent: this },
    );
    // Empty, it looks for the kubeconfig as every client does; left out, the SDK would keep this
    // machine's KUBECONFIG in the state, for others to stumble over.
    const found = { context: cluster.context, kubeconfig: "" };
    // What an engine that was killed had made already, the namespace that outlives its stack, and a
    // field that somebody changed by hand are taken over: refusing them would end every later 'up'.
    const takeOver = { upsertExistingObjects: true, enablePatchForce: true };
    // Otherwise another password or setting deletes the object first, and with it every pod that
    // waits for it.
    const inPlace = { enableSecretMutable: true, enableConfigMapMutable: true };
    const provider = new Provider(this.childName("provider"), { ...found, ...takeOver, ...inPlace }, { parent: this });
    const made = new Namespace(
      this.childName("namespace"),
      { metadata: { name: namespace, labels: namespaceLabels } },
      { parent: this, provider, retainOnDelete: true },
    );
    new NetworkPolicy(
      this.childName("default-deny"),
      { metadata: { name: "default-deny", namespace: made.metadata.name }, spec: defaultDeny() },
      { parent: this, provider },
    );
    this.runtime = {
      kind: "kubernetes",
      profile,
      namespace: made.metadata.name,
      provider,
      cluster: pulumi
        .all([cluster.context, made.metadata.name])
        .apply(([at, within]) => ({ context: at, namespace: within })),
    };
    this.registerOutputs({ namespace: made.metadata.name });
  }
}

const namespaceLabels = {
  "app.kubernetes.io/part-of": "plinth",
  "app.kubernetes.io/managed-by": "pulumi",
  ...Object.fromEntries(
    ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]),
  ),
};
