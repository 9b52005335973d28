import { flag, object, oneOf, optional, wholeNumber } from "@plinth/local/validation/rules.ts";
import { Type } from "@plinth/local/validation/typebox.ts";
import type { Static } from "typebox";

const idOrRange = Type.Union([Type.Integer(), Type.String()]);
const bytesPerSecond = () => optional(wholeNumber(1, Number.MAX_SAFE_INTEGER));

/** An entry of the configuration key `tenants` that is more than ids. */
export const tenantRule = object({
  ids: Type.Union([idOrRange, Type.Array(idOrRange, { minItems: 1 })], {
    expected: 'an id, a range, as in "20000-29999", or a list of them',
  }),
  broker: optional(
    object(
      {
        produceBytesPerSecond: bytesPerSecond(),
        consumeBytesPerSecond: bytesPerSecond(),
        requestPercentage: optional(
          Type.Number({ exclusiveMinimum: 0, expected: "a number above 0 (100 is one thread of a broker)" }),
        ),
      },
      {
        minProperties: 1,
        expected: "an object with at least one of produceBytesPerSecond, consumeBytesPerSecond, requestPercentage",
        description: "Limits of each tenant's own connections to the broker.",
      },
    ),
  ),
  placement: optional(
    object(
      {
        worker: wholeNumber(0, 999, { description: "From 0, as in `citus-worker-0`." }),
        isolate: optional(flag({ description: "A shard for this tenant alone; otherwise its whole shard moves." })),
      },
      { description: "Where the tenant's rows are." },
    ),
  ),
  cache: optional(oneOf(["shared", "isolated"], { description: "`isolated`: a cache user for this tenant alone." })),
});

export type Tenant = Static<typeof tenantRule>;

/** Ids and ranges, or a list of what each of them has. */
export const tenantsRule = Type.Union([idOrRange, Type.Array(Type.Union([idOrRange, tenantRule]), { minItems: 1 })], {
  description: "ids and ranges, or what each has: [tenants.md](tenants.md)",
});
