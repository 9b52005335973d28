import { withDefaults } from "@plinth/local/validation/defaults.ts";
import * as pulumi from "@pulumi/pulumi";
import { sizes } from "../../../components/base/sizes.ts";
import type { ObservabilityContext } from "../../../components/observability/kubernetes/context.ts";
import { type ObservabilityConfig, observabilityRule } from "../../../components/observability/settings.ts";

/** What definitions of servers are made from, without any resource. */
export function clusterContext(
  settings: Partial<ObservabilityConfig> = {},
  profile: "development" | "production" = "development",
): ObservabilityContext {
  const namespace = pulumi.output("shop");
  const provider = {} as pulumi.ProviderResource;
  return {
    runtime: {
      kind: "kubernetes",
      profile,
      namespace,
      provider,
      cluster: pulumi.output({ context: "test", namespace: "shop" }),
      scrapers: [],
    },
    stack: "test",
    settings: withDefaults(observabilityRule, settings, profile),
    sizes: sizes[profile].observability,
    tenants: [{ ids: [[10_001, 10_003]], cache: "shared" }],
    nodes: pulumi.output("shop-nodes"),
  };
}
