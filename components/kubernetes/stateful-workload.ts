import type { types } from "@pulumi/kubernetes";
import { StatefulSet } from "@pulumi/kubernetes/apps/v1/statefulSet.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import { PodDisruptionBudget } from "@pulumi/kubernetes/policy/v1/podDisruptionBudget.js";
import type * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { Server } from "../base/endpoint.ts";
import type { KubernetesRuntime } from "../base/runtime.ts";
import { applyTransform, type Transform } from "../base/transform.ts";
import { labels, skipAwaitAnnotation } from "./labels.ts";
import { ingressPolicy } from "./network.ts";
import { disruptionBudget } from "./placement.ts";

export interface StatefulWorkloadArgs {
  runtime: KubernetesRuntime;
  /** Its pods, which may be connected to at its ports by whoever declares that it depends on it. */
  server: Server;
  /** Namespaces whose pods may connect, too. @default none */
  allowedNamespaces?: string[];
  /** Services by their names. */
  services: Record<string, types.input.core.v1.ServiceSpec>;
  spec: types.input.apps.v1.StatefulSetSpec & { replicas: number };
  transform?: Transform<types.input.apps.v1.StatefulSetSpec> | undefined;
}

/** Pods with names and volumes of their own, the Services in front of them, and who may connect. */
export class StatefulWorkload extends PlatformComponent {
  /** Namespace of the pods; resolves when all of them are ready. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: StatefulWorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("StatefulWorkload", name, args.runtime, opts);
    const { workload } = args.server;
    const metadata = { name: workload, namespace: args.runtime.namespace, labels: labels(workload) };
    const child = { parent: this };
    for (const [service, spec] of Object.entries(args.services))
      new Service(
        `${service}-service`,
        { metadata: { ...metadata, name: service, annotations: skipAwaitAnnotation }, spec },
        child,
      );
    new NetworkPolicy(
      this.childName("ingress"),
      {
        metadata: { ...metadata, name: `${workload}-ingress` },
        spec: ingressPolicy(args.server, args.allowedNamespaces),
      },
      child,
    );
    const budget = disruptionBudget(workload, args.spec.replicas);
    if (budget) new PodDisruptionBudget(this.childName("budget"), { metadata, spec: budget }, child);

    const spec = applyTransform<types.input.apps.v1.StatefulSetSpec>(args.transform, args.spec);
    // Children do not inherit what their parent waits for.
    const waits = { parent: this, dependsOn: opts?.dependsOn ?? [] };
    const set = new StatefulSet(this.childName("pods"), { metadata, spec }, waits);
    this.namespace = set.metadata.namespace;
    this.registerOutputs({ namespace: this.namespace });
  }
}
