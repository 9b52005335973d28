import { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import type * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { Server } from "../base/endpoint.ts";
import type { KubernetesRuntime } from "../base/runtime.ts";
import { labels, skipAwaitAnnotation } from "../kubernetes/labels.ts";
import { egressPolicy } from "../kubernetes/network.ts";
import { consoleDeployment, consoleService } from "./console-kubernetes.ts";

export interface RedpandaConsoleArgs {
  runtime: KubernetesRuntime;
  /** The brokers' pods. */
  server: Server;
  /** `host:port`, comma-separated. */
  brokers: pulumi.Input<string>;
  /** `http://host:port`. */
  schemaRegistryUrl: pulumi.Input<string>;
}

/**
 * A broker's topics, records and schemas in a browser, for a person who has the right to forward a
 * port (SHOP-9).
 */
export class RedpandaConsole extends PlatformComponent {
  constructor(name: string, args: RedpandaConsoleArgs, opts?: pulumi.ComponentResourceOptions) {
    super("RedpandaConsole", name, args.runtime, opts);
    const child = { parent: this };
    const metadata = { name, namespace: args.runtime.namespace, labels: labels(name) };
    new NetworkPolicy(
      this.childName("egress"),
      { metadata: { ...metadata, name: `${name}-egress` }, spec: egressPolicy(name, [args.server]) },
      child,
    );
    const annotations = {
      ...skipAwaitAnnotation,
      "plinth.dev/policy-exception": "network-policy: reached by port-forward alone, which no policy governs",
    };
    new Service(
      this.childName("service"),
      { metadata: { ...metadata, annotations }, spec: consoleService(name) },
      child,
    );
    const spec = consoleDeployment(name, args.server, { brokers: args.brokers, registry: args.schemaRegistryUrl });
    new Deployment(this.childName("pods"), { metadata, spec }, child);
    this.registerOutputs({});
  }
}
