import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { Secret } from "@pulumi/kubernetes/core/v1/secret.js";
import { NetworkPolicy } from "@pulumi/kubernetes/networking/v1/networkPolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../../base/component.ts";
import type { KubernetesRuntime } from "../../base/runtime.ts";
import { secretHash } from "../../base/secret-hash.ts";
import { type ObjectMetadata, objectMetadata } from "../../kubernetes/metadata.ts";
import { egressPolicy, peerPolicy, scrapeEgress } from "../../kubernetes/network.ts";
import { StatefulWorkload } from "../../kubernetes/stateful-workload.ts";
import { API_SERVER_PORTS, createApiAccess } from "./api-access.ts";
import {
  type ContentHashes,
  configMapOf,
  fileKey,
  type ServerDefinition,
  secretOf,
  serverServices,
  serverStatefulSet,
} from "./server.ts";

export interface ObservabilityServerArgs {
  runtime: KubernetesRuntime;
  definition: ServerDefinition;
}

/** One server of the observability stack: its files, rights and network policies, and its pods. */
export class ObservabilityServer extends PlatformComponent {
  constructor({ runtime, definition }: ObservabilityServerArgs, opts: pulumi.ComponentResourceOptions) {
    super("ObservabilityServer", definition.workload, runtime, opts);
    const metadata = objectMetadata(this.name, runtime);
    const hashes = { files: this.createFiles(definition, metadata), secrets: this.createSecrets(definition, metadata) };
    this.createPeerPolicy(definition, metadata);
    this.createEgressPolicy(definition, metadata);
    const rights = this.createApiAccess(definition, runtime);
    this.createPods(definition, runtime, hashes, rights);
    this.registerOutputs();
  }

  private createFiles({ files }: ServerDefinition, metadata: ObjectMetadata): ContentHashes["files"] {
    if (files === undefined) return undefined;
    const data = Object.fromEntries(Object.entries(files.texts).map(([path, text]) => [fileKey(path), text]));
    const manifest = { metadata: { ...metadata, name: configMapOf(this.name) }, data };
    new ConfigMap(this.childName("config"), manifest, { parent: this });
    return secretHash(pulumi.jsonStringify(files.texts));
  }

  private createSecrets({ secrets }: ServerDefinition, metadata: ObjectMetadata): ContentHashes["secrets"] {
    if (secrets === undefined) return undefined;
    const stringData = pulumi.secret(secrets);
    const manifest = { metadata: { ...metadata, name: secretOf(this.name) }, stringData };
    new Secret(this.childName("secrets"), manifest, { parent: this });
    return secretHash(pulumi.jsonStringify(secrets));
  }

  private createPeerPolicy({ peerPorts, peerUdpPorts }: ServerDefinition, metadata: ObjectMetadata): void {
    if (peerPorts === undefined) return;
    const manifest = {
      metadata: { ...metadata, name: `${this.name}-peers` },
      spec: peerPolicy(this.name, Object.values(peerPorts), peerUdpPorts),
    };
    new NetworkPolicy(this.childName("peers"), manifest, { parent: this });
  }

  private createEgressPolicy(definition: ServerDefinition, metadata: ObjectMetadata): void {
    const { uses = [], outside = [], scrapes = [], apiAccess } = definition;
    const ports = [...new Set([...outside, ...(apiAccess ? API_SERVER_PORTS : [])])];
    if (uses.length === 0 && ports.length === 0) return;
    const manifest = {
      metadata: { ...metadata, name: `${this.name}-egress` },
      spec: egressPolicy(this.name, uses, ports, scrapes.length > 0 ? [scrapeEgress(scrapes)] : []),
    };
    new NetworkPolicy(this.childName("egress"), manifest, { parent: this });
  }

  private createApiAccess({ apiAccess }: ServerDefinition, { namespace }: KubernetesRuntime): pulumi.Resource[] {
    if (apiAccess === undefined) return [];
    return [createApiAccess(this.name, namespace, apiAccess, { parent: this })];
  }

  private createPods(
    definition: ServerDefinition,
    runtime: KubernetesRuntime,
    hashes: ContentHashes,
    dependsOn: pulumi.Resource[],
  ): void {
    const { ports, metrics, clientNamespaces = [], allowedNamespaces = [] } = definition;
    const exceptions = policyExceptions(definition, runtime);
    new StatefulWorkload(
      this.childName("server"),
      {
        runtime,
        server: { workload: this.name, ports: Object.values(ports) },
        clientNamespaces,
        allowedNamespaces,
        metrics,
        services: serverServices(definition),
        spec: serverStatefulSet(definition, hashes),
        ...(exceptions.length > 0 && { annotations: { "plinth.dev/policy-exception": exceptions.join("; ") } }),
      },
      { parent: this, dependsOn },
    );
  }
}

function policyExceptions({ data, size, apiAccess }: ServerDefinition, { profile }: KubernetesRuntime): string[] {
  const keepsData = data !== undefined && size.storage !== undefined && profile === "production";
  return [
    ...(apiAccess ? [`service-account: ${apiAccess.reason}`] : []),
    ...(keepsData ? ["retain: this stack is removed by itself, and its volumes stay in any case"] : []),
  ];
}
