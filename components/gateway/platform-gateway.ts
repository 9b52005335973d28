import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import { type KubernetesRuntime, PlatformComponent } from "../base/component.ts";
import { labels } from "../kubernetes/labels.ts";
import { type GatewaySettings, gatewaySpec, redirectRoute } from "./kubernetes.ts";

export interface PlatformGatewayArgs extends Partial<Omit<GatewaySettings, "domain" | "tlsSecret">> {
  runtime: KubernetesRuntime;
  domain: string;
  tlsSecret: string;
}

/**
 * The one place where requests from outside come in: TLS, a name for each public service, a limit
 * for each client. The cluster needs the Gateway API and Envoy Gateway.
 *
 * @example
 * const gateway = new PlatformGateway("gateway", { runtime, domain: "example.com", tlsSecret: "wildcard-tls" });
 */
export class PlatformGateway extends PlatformComponent {
  readonly gatewayName: string;
  readonly settings: GatewaySettings;

  constructor(name: string, args: PlatformGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PlatformGateway", name, args.runtime, opts);
    this.gatewayName = name;
    this.settings = resolveGatewaySettings(args);
    const metadata = { name, namespace: args.runtime.namespace, labels: labels(name) };
    const kind = { apiVersion: "gateway.networking.k8s.io/v1" };
    new CustomResource(
      this.childName("listeners"),
      { ...kind, kind: "Gateway", metadata, spec: gatewaySpec(this.settings) },
      { parent: this },
    );
    new CustomResource(
      this.childName("redirect"),
      { ...kind, kind: "HTTPRoute", metadata: { ...metadata, name: `${name}-redirect` }, spec: redirectRoute(name) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

export function resolveGatewaySettings({
  domain,
  tlsSecret,
  ...args
}: Omit<PlatformGatewayArgs, "runtime">): GatewaySettings {
  return {
    domain,
    tlsSecret,
    className: args.className ?? "envoy",
    proxies: args.proxies ?? "envoy-gateway-system",
    requestsPerSecond: args.requestsPerSecond ?? 100,
  };
}
