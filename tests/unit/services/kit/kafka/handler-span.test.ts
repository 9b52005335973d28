import assert from "node:assert/strict";
import type { TraceContext } from "@plinth/kit/core/trace-context.ts";
import { startHandlerSpan } from "@plinth/kit/kafka/handler-span.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { startOtlpReceiver } from "../../../../support/kit/otlp-receiver.ts";

const from = { topic: "orders", group: "shop-orders" };
const traceOf = (digit: string, sampled = true): TraceContext => ({
  traceId: digit.repeat(32),
  spanId: digit.repeat(16),
  sampled,
});
const received = (...traces: (TraceContext | undefined)[]) =>
  traces.map((trace) => ({
    event: { id: "1", tenant_id: 1, aggregate_id: "a" },
    correlationId: undefined,
    trace,
  }));

describe("the span of a consumer's handler (SHOP-6)", () => {
  it("is in the trace of one event, and of a batch in the first recorded one, which others link to", async () => {
    const receiver = await startOtlpReceiver();
    const tracing = createTracing({ service: "shop", version: "1", endpoint: receiver.endpoint });
    try {
      startHandlerSpan(tracing, received(traceOf("1")), from)?.end();
      startHandlerSpan(tracing, received(undefined, traceOf("2", false), traceOf("3"), traceOf("4")), from)?.end();
      await tracing.close();
    } finally {
      await receiver.close();
    }
    assert.deepEqual(
      receiver.spans.map(({ traceId }) => traceId),
      ["1", "3", "4"].map((digit) => digit.repeat(32)),
    );
    const attributes = {
      "messaging.system.name": "kafka",
      "messaging.operation.name": "process",
      "messaging.operation.type": "process",
      "messaging.destination.name": "orders",
      "messaging.consumer.group.name": "shop-orders",
    };
    assert.deepEqual(
      receiver.spans.map((span) => [
        span.name,
        span.kind,
        span.parentSpanId,
        (span.links ?? []).map(({ spanId }) => spanId),
        span.attributes,
      ]),
      [
        ["process orders", 5, "1".repeat(16), [], attributes],
        [
          "process orders",
          5,
          "3".repeat(16),
          ["3".repeat(16), "4".repeat(16)],
          { ...attributes, "messaging.batch.message_count": 4 },
        ],
        [
          "process orders",
          5,
          "4".repeat(16),
          [receiver.spans[1]?.spanId],
          { ...attributes, "messaging.batch.message_count": 4 },
        ],
      ],
    );
  });

  it("is none where no event has a trace to go on, and has the ids of a single one that is not recorded", () => {
    const tracing = createTracing({ service: "shop", version: "1" });
    assert.equal(startHandlerSpan(tracing, received(undefined), from), undefined);
    assert.equal(startHandlerSpan(tracing, received(undefined, traceOf("2", false)), from), undefined);
    assert.equal(startHandlerSpan(tracing, received(traceOf("2", false)), from)?.context.traceId, "2".repeat(32));
  });
});
