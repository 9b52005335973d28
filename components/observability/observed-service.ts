import type { ServiceDescriptor } from "../service/descriptor-rule.ts";

/** What dashboards and alerts read of a service's descriptor. */
export type ObservedService = Pick<
  ServiceDescriptor,
  "name" | "metrics" | "metricsPrefix" | "slo" | "business" | "groups" | "probes" | "public"
>;
