import type { GatewaySettings } from "./settings.ts";

/** HTTPS serves; the HTTP listener exists for {@link redirectRoute}. */
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

/** Redirects plain HTTP to HTTPS. */
export function redirectRoute(gateway: string) {
  const filters = [{ type: "RequestRedirect", requestRedirect: { scheme: "https", statusCode: 301 } }];
  return { parentRefs: [{ name: gateway, sectionName: "http" }], rules: [{ filters }] };
}

export function serviceRoute(service: string, port: number, gateway: string, { domain }: GatewaySettings) {
  return {
    parentRefs: [{ name: gateway, sectionName: "https" }],
    hostnames: [`${service}.${domain}`],
    // The API alone: health, metrics and documentation stay inside.
    rules: [{ matches: [{ path: { type: "PathPrefix", value: "/api/" } }], backendRefs: [{ name: service, port }] }],
  };
}

/** Envoy Gateway's extension: the Gateway API defines no rate limit. */
export function rateLimit(service: string, { requestsPerSecond }: GatewaySettings) {
  // Each proxy counts separately, by the client's address.
  const client = [{ sourceCIDR: { type: "Distinct", value: "0.0.0.0/0" } }];
  return {
    targetRefs: [{ group: "gateway.networking.k8s.io", kind: "HTTPRoute", name: service }],
    rateLimit: {
      type: "Local",
      local: { rules: [{ clientSelectors: client, limit: { requests: requestsPerSecond, unit: "Second" } }] },
    },
  };
}
