import { object, optional } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import type { Static } from "typebox";

/** Bounds of the buckets of every latency histogram: the kit's `DURATION_BUCKETS`, in ms. */
export const LATENCY_BOUNDS_MS = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000] as const;

/** Objectives hold over this many days. */
export const SLO_DAYS = 30;

/** `slo` of a service's descriptor. */
export const sloRule = object(
  {
    availability: optional(
      Type.Number({
        minimum: 50,
        maximum: 99.999,
        expected: "a percentage from 50 to 99.999: at 100 no request could ever fail",
        description: "Percent of requests that do not fail with 5xx.",
        default: 99.9,
      }),
    ),
    latency: optional(
      object(
        {
          ms: optional(
            Type.Enum([...LATENCY_BOUNDS_MS], {
              expected: `a bound of the latency histogram's buckets (${LATENCY_BOUNDS_MS.join(", ")})`,
              description: "Milliseconds within which it answers.",
              default: 250,
            }),
          ),
          ratio: optional(
            Type.Number({
              minimum: 0.5,
              maximum: 0.99999,
              expected: "a share of the requests from 0.5 to 0.99999",
              description: "Share of its requests that it answers so fast.",
              default: 0.99,
            }),
          ),
        },
        { description: "How fast it answers." },
      ),
    ),
  },
  {
    description: `Objectives over ${SLO_DAYS} days: they become burn-rate alerts and panels of the error budget.`,
  },
);

/** An objective with its defaults. */
export interface Slo {
  /** Percent. */
  availability: number;
  latency: { ms: number; ratio: number };
}

export function resolveSlo(slo: Static<typeof sloRule> = {}): Slo {
  const { availability = 99.9, latency: { ms = 250, ratio = 0.99 } = {} } = slo;
  return { availability, latency: { ms, ratio } };
}
