import assert from "node:assert/strict";
import { DURATION_BUCKETS } from "@plinth/kit/telemetry/metrics.ts";
import { LATENCY_BOUNDS_MS, resolveSlo } from "../../../../components/observability/slo.ts";
import { parseDescriptor } from "../../../../components/service/descriptor.ts";

const good = {
  name: "orders",
  description: "Orders.",
  port: 8090,
  command: ["node", "main.ts"],
  probes: { live: "/health", ready: "/ready" },
  metrics: "/metrics",
  openapi: "/openapi.json",
  needs: [],
  topics: { produces: [], consumes: [] },
  tenant: "none",
};
const parse = (fields: object) =>
  parseDescriptor("services/orders/plinth.json", JSON.stringify({ ...good, ...fields }));

describe("a service's objectives (OBS-6)", () => {
  it("have defaults, each by itself", () => {
    assert.deepEqual(resolveSlo(), { availability: 99.9, latency: { ms: 250, ratio: 0.99 } });
    assert.deepEqual(resolveSlo({ latency: { ms: 100 } }), { availability: 99.9, latency: { ms: 100, ratio: 0.99 } });
  });

  it("may ask for a latency at the bounds of the histograms only, which are the kit's", () =>
    assert.deepEqual(
      LATENCY_BOUNDS_MS.map((ms) => ms / 1000),
      [...DURATION_BUCKETS],
    ));

  it("are taken from the descriptor, with prefix and business counters", () => {
    const fields = {
      slo: { availability: 99.5, latency: { ms: 2.5, ratio: 0.95 } },
      metricsPrefix: "pinstack_",
      business: [{ metric: "orders_created_total", title: "Orders", unit: "events" }],
    };
    assert.deepEqual(parse(fields), { ...good, ...fields });
  });

  for (const [fields, words] of [
    [
      { slo: { latency: { ms: 200 } } },
      "'slo.latency.ms' is 200, but must be a bound of the latency histogram's buckets (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000)",
    ],
    [
      { slo: { availability: 100 } },
      "'slo.availability' is 100, but must be a percentage from 50 to 99.999: at 100 no request could ever fail",
    ],
    [
      { slo: { availability: 0.999 } },
      "'slo.availability' is 0.999, but must be a percentage from 50 to 99.999: at 100 no request could ever fail",
    ],
    [
      { slo: { latency: { ratio: 99 } } },
      "'slo.latency.ratio' is 99, but must be a share of the requests from 0.5 to 0.99999",
    ],
    [{ slo: { latencyMs: 5 } }, "'slo.latencyMs' is not a field of 'slo'"],
    [
      { metricsPrefix: "Pin-" },
      "'metricsPrefix' is \"Pin-\", but must be lower-case letters and digits that end in _, such as 'pinstack_'",
    ],
    [{ business: [{ metric: "orders", title: "x" }] }, "the name of a counter, which ends in _total"],
    [{ business: [{ metric: "a_total", title: "x", unit: "euros" }] }, "'events' or 'cents'"],
  ] as const)
    it(`are refused with one sentence: ${JSON.stringify(fields)}`, () =>
      assert.throws(
        () => parse(fields),
        ({ message }: Error) =>
          message.startsWith("services/orders/plinth.json: ") && message.includes(words) && !message.includes("\n"),
      ));
});
