import { defaulted, type Filled, withDefaults } from "@plinth/local/validation/defaults.ts";
import { hostName, object, text, wholeNumber } from "@plinth/local/validation/rules.ts";
import type { Static } from "typebox";

/**
 * The configuration key `gateway`: how a Gateway of the Gateway API, implemented by Envoy Gateway,
 * admits requests from outside.
 */
export const gatewayRule = object({
  domain: hostName({ description: "services are its subdomains, as in `wallet.example.com`" }),
  tlsSecret: text("the name of a Secret of type kubernetes.io/tls", {
    description: "a Secret of type kubernetes.io/tls in the stack's namespace, for `*.domain`",
  }),
  className: defaulted(text("a name"), { default: "envoy" }),
  proxies: defaulted(
    text("a namespace", { description: "namespace of the proxies' pods, which alone may connect to public services" }),
    { default: "envoy-gateway-system" },
  ),
  requestsPerSecond: defaulted(wholeNumber(1, 1_000_000, { description: "of each client address at each service" }), {
    default: 100,
  }),
});

/** Settings without a default, and any of the others. */
export type GatewayOptions = Static<typeof gatewayRule>;

export type GatewaySettings = Filled<typeof gatewayRule>;

export const resolveGatewaySettings = (args: GatewayOptions): GatewaySettings =>
  withDefaults(gatewayRule, args, "development");
