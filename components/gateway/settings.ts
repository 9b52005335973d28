/** How a Gateway of the Gateway API, implemented by Envoy Gateway, admits requests from outside. */
export interface GatewaySettings {
  /** Services are its subdomains: `wallet.example.com`. */
  domain: string;
  /**
   * Secret of type kubernetes.io/tls in the stack's namespace, for `*.domain`, as cert-manager
   * issues it.
   */
  tlsSecret: string;
  /** @default "envoy" */
  className: string;
  /**
   * Namespace of the proxies' pods, the only ones that may connect to public services.
   * @default "envoy-gateway-system"
   */
  proxies: string;
  /** Rate limit of each client address at each service. @default 100 */
  requestsPerSecond: number;
}

/** Settings without a default, and any of the others. */
export type GatewayOptions = Partial<GatewaySettings> & Pick<GatewaySettings, "domain" | "tlsSecret">;

export function resolveGatewaySettings(args: GatewayOptions): GatewaySettings {
  return {
    domain: args.domain,
    tlsSecret: args.tlsSecret,
    className: args.className ?? "envoy",
    proxies: args.proxies ?? "envoy-gateway-system",
    requestsPerSecond: args.requestsPerSecond ?? 100,
  };
}
