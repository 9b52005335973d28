import { DaemonSet } from "@pulumi/kubernetes/apps/v1/daemonSet.js";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Namespace } from "@pulumi/kubernetes/core/v1/namespace.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../../base/component.ts";
import type { KubernetesRuntime } from "../../base/runtime.ts";
import { secretHash } from "../../base/secret-hash.ts";
import { labels, skipAwaitAnnotation } from "../../kubernetes/labels.ts";
import { defaultDeny, egressPolicy, ingressPolicy, scrapeEgress } from "../../kubernetes/network.ts";
import { API_SERVER_PORTS, createApiAccess } from "./api-access.ts";
import { agentDaemonSet, agentService, type NodeAgentDefinition } from "./node-agent.ts";
import { type ContentHashes, configMapOf, secretOf } from "./server.ts";

export interface NodeAgentsArgs {
  runtime: KubernetesRuntime;
  /** Name of the namespace to create. */
  namespace: pulumi.Output<string>;
  agents: NodeAgentDefinition[];
}

/**
 * What runs on each node to read its logs and metrics. These pods need folders of the node, which
 * Pod Security "restricted" and "baseline" refuse, so they have a namespace of their own: the
 * platform's stays "restricted".
 */
export class NodeAgents extends PlatformComponent {
  constructor(name: string, { runtime, namespace, agents }: NodeAgentsArgs, opts: pulumi.ComponentResourceOptions) {
    super("NodeAgents", name, runtime, opts);
    const place = this.createNamespace(namespace);
    const deny = { metadata: { name: "nodes-default-deny", namespace: place }, spec: defaultDeny() };
    new NetworkPolicy(this.childName("default-deny"), deny, { parent: this });
    for (const agent of agents) this.createAgent(agent, place, runtime);
    this.registerOutputs();
  }

  /** @returns its name; resolves when it exists */
  private createNamespace(name: pulumi.Output<string>): pulumi.Output<string> {
    const annotations = {
      "plinth.dev/policy-exception": "non-root: agents here read folders of their node, and nothing else runs here",
    };
    const metadata = { name, labels: namespaceLabels, annotations };
    return new Namespace(this.childName("namespace"), { metadata }, { parent: this }).metadata.name;
  }

  private createAgent(agent: NodeAgentDefinition, namespace: pulumi.Output<string>, runtime: KubernetesRuntime): void {
    const { workload, apiAccess, reason } = agent;
    const metadata = { name: workload, namespace, labels: labels(workload) };
    const hashes = this.createContents(agent, metadata);
    this.createPolicies(agent, metadata, runtime);
    if (agent.serves) {
      const service = { metadata: { ...metadata, annotations: skipAwaitAnnotation }, spec: agentService(agent) };
      new Service(`${workload}-service`, service, { parent: this });
    }
    const rights = apiAccess ? [createApiAccess(workload, namespace, apiAccess, { parent: this })] : [];
    const exceptions = [`non-root: ${reason}`, ...(apiAccess ? [`service-account: ${apiAccess.reason}`] : [])];
    const annotations = { "plinth.dev/policy-exception": exceptions.join("; ") };
    const manifest = { metadata: { ...metadata, annotations }, spec: agentDaemonSet(agent, hashes) };
    new DaemonSet(`${workload}-pods`, manifest, { parent: this, dependsOn: rights });
  }

  private createContents(
    { workload, files, secrets }: NodeAgentDefinition,
    metadata: { namespace: pulumi.Output<string>; labels: Record<string, string> },
  ): ContentHashes {
    if (files) {
      const manifest = { metadata: { ...metadata, name: configMapOf(workload) }, data: files.texts };
      new ConfigMap(`${workload}-config`, manifest, { parent: this });
    }
    if (secrets) {
      const manifest = { metadata: { ...metadata, name: secretOf(workload) }, stringData: pulumi.secret(secrets) };
      new Secret(`${workload}-secrets`, manifest, { parent: this });
    }
    return {
      files: files && secretHash(pulumi.jsonStringify(files.texts)),
      secrets: secrets && secretHash(pulumi.jsonStringify(secrets)),
    };
  }

  private createPolicies(
    agent: NodeAgentDefinition,
    metadata: { namespace: pulumi.Output<string>; labels: Record<string, string> },
    runtime: KubernetesRuntime,
  ): void {
    const { workload, ports, metrics, uses, outside, scrapes = [], apiAccess, serves } = agent;
    const ingress = ingressPolicy(
      { workload, ports: Object.values(ports).filter((port) => port !== metrics.port) },
      {
        clientNamespaces: serves ? [runtime.namespace] : [],
        scrape: { from: runtime.scrapers, port: metrics.port },
      },
    );
    const open = [...new Set([...outside, ...(apiAccess ? API_SERVER_PORTS : [])])];
    const egress = egressPolicy(workload, uses, open, scrapes.length > 0 ? [scrapeEgress(scrapes)] : []);
    const named = (direction: string) => ({ ...metadata, name: `${workload}-${direction}` });
    new NetworkPolicy(`${workload}-ingress`, { metadata: named("ingress"), spec: ingress }, { parent: this });
    if (uses.length > 0 || open.length > 0)
      new NetworkPolicy(`${workload}-egress`, { metadata: named("egress"), spec: egress }, { parent: this });
  }
}

const namespaceLabels = {
  "app.kubernetes.io/part-of": "plinth",
  "app.kubernetes.io/managed-by": "pulumi",
  ...Object.fromEntries(
    ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "privileged"]),
  ),
};
