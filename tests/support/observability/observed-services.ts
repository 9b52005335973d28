import type { ObservedService } from "../../../components/observability/observed-service.ts";

const probes = { live: "/health", ready: "/ready" };

/** Two services: one with everything that a descriptor may declare, one with nothing. */
export const observedServices: ObservedService[] = [
  {
    name: "orders",
    metrics: "/metrics",
    metricsPrefix: "pinstack_",
    probes,
    slo: { availability: 99.5, latency: { ms: 100, ratio: 0.95 } },
    business: [
      { metric: "orders_created_total", title: "Orders created" },
      { metric: "orders_paid_cents_total", title: "Money paid", unit: "cents" },
    ],
    public: true,
  },
  { name: "wallet", metrics: "/metrics", probes },
];
