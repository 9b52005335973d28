import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import type * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { Server } from "../base/endpoint.ts";
import type { KubernetesRuntime } from "../base/runtime.ts";
import { skipAwaitAnnotation } from "../kubernetes/labels.ts";
import { type ObjectMetadata, objectMetadata } from "../kubernetes/metadata.ts";
import { egressPolicy } from "../kubernetes/network.ts";
import { consoleDeployment, consoleService } from "./console-kubernetes.ts";

export interface RedpandaConsoleArgs {
  runtime: KubernetesRuntime;
  /** @default the pinned one */
  image?: string | undefined;
  /** The brokers' pods. */
  server: Server;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Input<string>;
  /** `http://host:port`. */
  schemaRegistryUrl: pulumi.Input<string>;
}

/** A web console for topics, records and schemas, reached by port-forward (SHOP-9). */
export class RedpandaConsole extends PlatformComponent {
  constructor(name: string, args: RedpandaConsoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedpandaConsole", name, args.runtime, opts);
    const metadata = objectMetadata(name, args.runtime);
    this.createEgressPolicy(args.server, metadata);
    this.createService(metadata);
    this.createPods(args, metadata);
    this.registerOutputs({});
  }

  private createEgressPolicy(server: Server, metadata: ObjectMetadata): void {
    const spec = egressPolicy(this.name, [server]);
    const manifest = { metadata: { ...metadata, name: `${this.name}-egress` }, spec };
    new NetworkPolicy(this.childName("egress"), manifest, { parent: this });
  }

  private createService(metadata: ObjectMetadata): void {
    const annotations = {
      ...skipAwaitAnnotation,
      "plinth.dev/policy-exception": "network-policy: reached by port-forward alone, which no policy governs",
    };
    const manifest = { metadata: { ...metadata, annotations }, spec: consoleService(this.name) };
    new Service(this.childName("service"), manifest, { parent: this });
  }

  private createPods({ server, image, ...addresses }: RedpandaConsoleArgs, metadata: ObjectMetadata): void {
    const spec = consoleDeployment(this.name, server, addresses, image);
    new Deployment(this.childName("pods"), { metadata, spec }, { parent: this });
  }
}
