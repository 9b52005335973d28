import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import { type KubernetesRuntime, PlatformComponent } from "./component.ts";
import { type GatewaySettings, gatewaySpec, redirectRoute } from "./kubernetes/gateway.ts";
import { labels } from "./kubernetes/metadata.ts";

export interface PlatformGatewayArgs extends Partial<Omit<GatewaySettings, "domain" | "tlsSecret">> {
  runtime: KubernetesRuntime;
  domain: string;
  tlsSecret: string;
}

/**
 * The one place where requests from outside come in: TLS, a name for each public service, a limit for each client. The cluster needs the Gateway API
 * and Envoy Gateway.
 *
 * @example
 * const gateway = new PlatformGateway("gateway", { runtime, domain: "example.com", tlsSecret: "wildcard-tls" });
 */
export class PlatformGateway extends PlatformComponent {
  readonly gateway: string;
  readonly settings: GatewaySettings;

  constructor(name: string, args: PlatformGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PlatformGateway", name, args.runtime, opts);
    this.gateway = name;
    this.settings = resolveGatewaySettings(args);
    const metadata = { name, namespace: args.runtime.namespace, labels: labels(name) };
    const kind = { apiVersion: "gateway.networking.k8s.io/v1" };
    new CustomResource(this.child("listeners"), { ...kind, kind: "Gateway", metadata, spec: gatewaySpec(this.settings) }, { parent: this });
    new CustomResource(
      this.child("redirect"),
      { ...kind, kind: "HTTPRoute", metadata: { ...metadata, name: `${name}-redirect` }, spec: redirectRoute(name) },
      { parent: this },
    );
    this.registerOutputs({});
  }
}

export function resolveGatewaySettings({ domain, tlsSecret, ...args }: Omit<PlatformGatewayArgs, "runtime">): GatewaySettings {
  return {
    domain,
    tlsSecret,
    className: args.className ?? "envoy",
    proxies: args.proxies ?? "envoy-gateway-system",
    requestsPerSecond: args.requestsPerSecond ?? 100,
  };
}
