/**
 * Where requests from outside come in: a Gateway of the Gateway API, by the Envoy Gateway
 * implementation.
 */
export interface GatewaySettings {
  /** Services are its subdomains: `wallet.example.com`. */
  domain: string;
  /**
   * Secret of type kubernetes.io/tls in the stack's namespace, for `*.domain`; made by
   * cert-manager, for one.
   */
  tlsSecret: string;
  /** @default "envoy" */
  className: string;
  /**
   * Namespace of the proxies' pods, which alone may connect to public services. @default
   * "envoy-gateway-system"
   */
  proxies: string;
  /** That each client address may send to a service in a second. @default 100 */
  requestsPerSecond: number;
}

/** TLS only: what comes in plain is sent to the other listener. */
export function gatewaySpec({ className, domain, tlsSecret }: GatewaySettings) {
  const hostname = `*.${domain}`;
  const allowedRoutes = { namespaces: { from: "Same" } };
  const tls = { mode: "Terminate", certificateRefs: [{ kind: "Secret", name: tlsSecret }] };
  return {
    gatewayClassName: className,
    listeners: [
      { name: "http", port: 80, protocol: "HTTP", hostname, allowedRoutes },
      { name: "https", port: 443, protocol: "HTTPS", hostname, allowedRoutes, tls },
    ],
  };
}

export function redirectRoute(gateway: string) {
  const filters = [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }];
  return { parentRefs: [{ name: gateway, sectionName: "http" }], rules: [{ filters }] };
}

export function serviceRoute(service: string, port: number, gateway: string, { domain }: GatewaySettings) {
  return {
    parentRefs: [{ name: gateway, sectionName: "https" }],
    hostnames: [`${service}.${domain}`],
    // Only what its clients are for: health, metrics and documentation stay inside.
    rules: [{ matches: [{ path: { type: "PathPrefix", value: "/api/" } }], backendRefs: [{ name: service, port }] }],
  };
}

/** The Gateway API has no rate limit of its own: this is Envoy Gateway's. */
export function rateLimit(service: string, { requestsPerSecond }: GatewaySettings) {
  // Each proxy counts for itself, by the address that the request came from.
  const client = [{ sourceCIDR: { type: "Distinct", value: "0.0.0.0/0" } }];
  return {
    targetRefs: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: service }],
    rateLimit: {
      type: "Local",
      local: { rules: [{ clientSelectors: client, limit: { requests: requestsPerSecond, unit: "Second" } }] },
    },
  };
}
