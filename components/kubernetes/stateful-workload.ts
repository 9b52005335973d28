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
import { skipAwaitAnnotation } from "./labels.ts";
import { type ObjectMetadata, objectMetadata } from "./metadata.ts";
import type { MetricsPort } from "./metrics.ts";
import { ingressPolicy } from "./network.ts";
import { disruptionBudget } from "./placement.ts";

type StatefulSetSpec = types.input.apps.v1.StatefulSetSpec;

export interface StatefulWorkloadArgs {
  runtime: KubernetesRuntime;
  /** Its pods and ports; pods that declare a dependency on it may connect. */
  server: Server;
  /** Other namespaces whose pods may connect. @default none */
  allowedNamespaces?: string[];
  /** Other namespaces where pods that declare a dependency on it may connect. @default none */
  clientNamespaces?: pulumi.Input<string>[];
  /** Where its pods print metrics, as their annotations say, too. @default nowhere */
  metrics?: MetricsPort | undefined;
  /** Services by name. */
  services: Record<string, types.input.core.v1.ServiceSpec>;
  spec: StatefulSetSpec & { replicas: number };
  /** Of the StatefulSet. @default none */
  annotations?: Record<string, string>;
  transform?: Transform<StatefulSetSpec> | undefined;
}

/** Pods with stable names and volumes, the Services in front of them, and who may connect. */
export class StatefulWorkload extends PlatformComponent {
  /** Namespace of the pods; resolves when all of them are ready. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: StatefulWorkloadArgs, opts?: pulumi.ComponentResourceOptions) {
    super("StatefulWorkload", name, args.runtime, opts);
    const metadata = objectMetadata(args.server.workload, args.runtime);
    this.createServices(args.services, metadata);
    this.createIngressPolicy(args, metadata);
    this.createDisruptionBudget(args.spec.replicas, metadata);
    this.namespace = this.createPods(args, metadata, opts).metadata.namespace;
    this.registerOutputs({ namespace: this.namespace });
  }

  private createServices(services: StatefulWorkloadArgs["services"], metadata: ObjectMetadata): void {
    for (const [name, spec] of Object.entries(services)) {
      const manifest = { metadata: { ...metadata, name, annotations: skipAwaitAnnotation }, spec };
      new Service(`${name}-service`, manifest, { parent: this });
    }
  }

  private createIngressPolicy(args: StatefulWorkloadArgs, metadata: ObjectMetadata): void {
    const { runtime, server, allowedNamespaces = [], clientNamespaces = [], metrics } = args;
    const scrape = metrics && { from: runtime.scrapers, port: metrics.port };
    const spec = ingressPolicy(server, { namespaces: allowedNamespaces, clientNamespaces, scrape });
    const manifest = { metadata: { ...metadata, name: `${metadata.name}-ingress` }, spec };
    new NetworkPolicy(this.childName("ingress"), manifest, { parent: this });
  }

  private createDisruptionBudget(replicas: number, metadata: ObjectMetadata): void {
    const spec = disruptionBudget(metadata.name, replicas);
    if (spec) new PodDisruptionBudget(this.childName("budget"), { metadata, spec }, { parent: this });
  }

  private createPods(
    { spec, annotations, transform }: StatefulWorkloadArgs,
    metadata: ObjectMetadata,
    opts: pulumi.ComponentResourceOptions = {},
  ): StatefulSet {
    const manifest = {
      metadata: { ...metadata, ...(annotations && { annotations }) },
      spec: applyTransform<StatefulSetSpec>(transform, spec),
    };
    // Children do not inherit what their parent waits for.
    return new StatefulSet(this.childName("pods"), manifest, { parent: this, dependsOn: opts.dependsOn ?? [] });
  }
}
