import assert from "node:assert/strict";
import { runInTrace } from "@plinth/kit/core/trace-context.ts";
import { publishInTrace } from "@plinth/kit/kafka/publish-span.ts";
import type { OutgoingRecord } from "@plinth/kit/kafka/record.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { startOtlpReceiver } from "../../../../support/kit/otlp-receiver.ts";

const recorded = { traceId: "1".repeat(32), spanId: "2".repeat(16), sampled: true, tracestate: "a=1" };
const record = (topic: string, headers = {}): OutgoingRecord => ({ topic, key: "k", value: null, headers });

describe("the span of publishing records (SHOP-6)", () => {
  it("names the topic, counts a batch, and fails with the publisher", async () => {
    const receiver = await startOtlpReceiver();
    const tracing = createTracing({ service: "shop", version: "1", endpoint: receiver.endpoint });
    const publish = (records: OutgoingRecord[], error?: Error) =>
      runInTrace(recorded, () =>
        publishInTrace(tracing, records, () => (error ? Promise.reject(error) : Promise.resolve())),
      );
    try {
      await publish([record("orders")]);
      await publish([record("orders"), record("payments")]);
      await assert.rejects(publish([record("orders"), record("orders")], new TypeError("no")), /no/);
      await tracing.close();
    } finally {
      await receiver.close();
    }
    const attributes = {
      "messaging.system.name": "kafka",
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
    };
    const topic = { "messaging.destination.name": "orders" };
    const batch = { "messaging.batch.message_count": 2 };
    assert.deepEqual(
      receiver.spans.map(({ name, kind, status, attributes }) => [name, kind, status.code, attributes]),
      [
        ["send orders", 4, 0, { ...attributes, ...topic }],
        ["send", 4, 0, { ...attributes, ...batch }],
        ["send orders", 4, 2, { ...attributes, ...topic, ...batch, "error.type": "TypeError" }],
      ],
    );
  });

  it("sends trace, tracestate and baggage in headers, unless the record names its own trace", async () => {
    const tracing = createTracing({ service: "shop", version: "1" });
    const sent: OutgoingRecord[] = [];
    const publish = async (records: readonly OutgoingRecord[]) => void sent.push(...records);
    const relayed = record("orders", { traceparent: "of the row" });
    await runInTrace(recorded, () => publishInTrace(tracing, [record("orders"), relayed], publish), {
      correlationId: "id",
      baggage: "plan=gold",
    });
    await runInTrace({ ...recorded, sampled: false }, () => publishInTrace(tracing, [record("orders")], publish));
    const traceparent = `00-${recorded.traceId}-${recorded.spanId}-01`;
    assert.deepEqual(
      sent.map(({ headers }) => headers),
      [{ traceparent, tracestate: "a=1", baggage: "plan=gold" }, { traceparent: "of the row" }, {}],
    );
  });
});
