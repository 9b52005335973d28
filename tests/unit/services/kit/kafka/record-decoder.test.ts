import assert from "node:assert/strict";
import { type RecordHeaders, UnreadableRecord } from "@plinth/kit/kafka/record.ts";
import { createRecordDecoder } from "@plinth/kit/kafka/record-decoder.ts";

const record = (headers: RecordHeaders, value = "7") => ({
  key: null,
  value: Buffer.from(value),
  headers,
  offset: "0",
  timestamp: "0",
});

describe("record decoder", () => {
  const decode = createRecordDecoder(async (value) => {
    if (String(value) === "poison") throw new UnreadableRecord("the value is not a number");
    if (String(value) === "away") throw new Error("the registry is away");
    return { id: "1", tenant_id: Number(value), aggregate_id: "a" };
  });

  it("returns the event with its correlation id and trace", async () => {
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const received = await decode(record({ tenant_id: "7", correlation_id: Buffer.from("c"), traceparent }));
    assert.ok(!(received instanceof Error));
    assert.deepEqual(
      [received.event.tenant_id, received.correlationId, received.trace?.spanId],
      [7, "c", "00f067aa0ba902b7"],
    );
  });

  it("accepts a record without headers", async () => {
    const received = await decode(record({}));
    assert.ok(!(received instanceof Error));
    assert.deepEqual([received.correlationId, received.trace], [undefined, undefined]);
  });

  for (const [what, headers, value, reason] of [
    ["of another tenant than its event", { tenant_id: "8" }, "7", /header names tenant 8, the event 7/],
    ["that cannot be decoded", {}, "poison", /not a number/],
    ["of a batch that cannot be decompressed", { unreadable_batch: "corrupt" }, "7", /corrupt/],
  ] as const)
    it(`returns why a record ${what} is unreadable`, async () => {
      const received = await decode(record(headers, value));
      assert.ok(received instanceof UnreadableRecord);
      assert.match(received.message, reason);
    });

  it("rejects for any other error, which passes", () => assert.rejects(decode(record({}, "away")), /registry is away/));
});
