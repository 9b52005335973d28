import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type * as pulumi from "@pulumi/pulumi";
import { PlatformComponent } from "../base/component.ts";
import type { KubernetesRuntime } from "../base/runtime.ts";
import { objectMetadata } from "../kubernetes/metadata.ts";
import { gatewaySpec, redirectRoute } from "./kubernetes.ts";
import { type GatewayOptions, type GatewaySettings, resolveGatewaySettings } from "./settings.ts";

export type PlatformGatewayArgs = GatewayOptions & { runtime: KubernetesRuntime };

const GATEWAY_API = "gateway.networking.k8s.io/v1";

/**
 * The one entry for requests from outside: TLS, a host name for each public service, a rate limit
 * for each client. The cluster needs the Gateway API and Envoy Gateway.
 *
 * @example
 * const names = { domain: "example.com", tlsSecret: "wildcard-tls" };
 * const gateway = new PlatformGateway("gateway", { runtime, ...names });
 */
export class PlatformGateway extends PlatformComponent {
  readonly gatewayName: string;
  readonly settings: GatewaySettings;

  constructor(name: string, args: PlatformGatewayArgs, opts?: pulumi.ComponentResourceOptions) {
    super("PlatformGateway", name, args.runtime, opts);
    this.gatewayName = name;
    this.settings = resolveGatewaySettings(args);
    this.createListeners(args.runtime);
    this.createRedirect(args.runtime);
    this.registerOutputs({});
  }

  private createListeners(runtime: KubernetesRuntime): void {
    const metadata = objectMetadata(this.name, runtime);
    const spec = gatewaySpec(this.settings);
    const gateway = { apiVersion: GATEWAY_API, kind: "Gateway", metadata, spec };
    new CustomResource(this.childName("listeners"), gateway, { parent: this });
  }

  private createRedirect(runtime: KubernetesRuntime): void {
    const metadata = objectMetadata(this.name, runtime, `${this.name}-redirect`);
    const route = { apiVersion: GATEWAY_API, kind: "HTTPRoute", metadata, spec: redirectRoute(this.name) };
    new CustomResource(this.childName("redirect"), route, { parent: this });
  }
}
