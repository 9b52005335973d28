import type * as pulumi from "@pulumi/pulumi";
import { images } from "../../base/images.ts";
import type { KubernetesRuntime } from "../../base/runtime.ts";
import type { ObservabilitySizes } from "../../base/sizes.ts";
import type { TenantDeclaration } from "../../tenants/declaration.ts";
import type { ObservabilityConfig } from "../settings.ts";
import type { ObjectStorage } from "./settings.ts";

/** What the definitions of the stack's servers are made from. */
export interface ObservabilityContext {
  runtime: KubernetesRuntime;
  /** The stack's name, which is the label `env`. */
  stack: string;
  settings: ObservabilityConfig;
  sizes: ObservabilitySizes;
  tenants: readonly TenantDeclaration[];
  /** The namespace of {@link nodesNamespace}. */
  nodes: pulumi.Output<string>;
}

/** An image of the platform, or the one that the configuration puts in its place. */
export function imageOf({ settings }: ObservabilityContext, name: keyof typeof images): string {
  return settings.images[name] ?? images[name];
}

/** The tenant of the platform itself: its lines belong to no customer. */
export const INFRASTRUCTURE_TENANT = 10_001;

/** The namespace of a Grafana outside of the stack that shows its logs and traces. */
export function otherGrafana({ settings }: ObservabilityContext): string[] {
  return settings.mode === "operator" ? [settings.monitoringNamespace] : [];
}

/** Keys of object storage as every S3 client reads them; without keys, the identity of the node. */
export function objectStorageSecrets({ accessKey, secretKey }: ObjectStorage) {
  if (accessKey === undefined || secretKey === undefined) return {};
  return {
    secrets: { "access-key": accessKey, "secret-key": secretKey },
    secretEnvironment: { AWS_ACCESS_KEY_ID: "access-key", AWS_SECRET_ACCESS_KEY: "secret-key" },
  };
}

/** `host:port` and whether it is plain HTTP, as Loki and Tempo write an S3 service. */
export function objectStorageAddress({ endpoint }: ObjectStorage) {
  const { host, protocol } = new URL(endpoint);
  return { endpoint: host, insecure: protocol === "http:" };
}

/** The TCP port of an address. */
export function portOf(address: string): number {
  const { port, protocol } = new URL(address);
  return port === "" ? { "http:": 80, "https:": 443 }[protocol]! : Number(port);
}
