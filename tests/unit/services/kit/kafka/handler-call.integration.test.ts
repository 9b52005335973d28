import assert from "node:assert/strict";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { parseTraceparent } from "@plinth/kit/core/trace-context.ts";
import { createConsumer } from "@plinth/kit/kafka/consumer.ts";
import { PoisonEvent } from "@plinth/kit/kafka/received-event.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import {
  createTopic,
  eventsOf,
  type NumberedEvent,
  record,
  type TestTopic,
} from "../../../../support/kit/test-topic.ts";

describe("a call of a consumer's handler", () => {
  let at: TestTopic;
  afterEach(() => at.close());

  it("passes on an event's correlation id and trace (SHOP-3)", async () => {
    at = await createTopic();
    const traceparent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const [event] = eventsOf(["a"], 1) as [NumberedEvent];
    await at.bus.publish([{ ...record(at.topic, event), headers: { traceparent, correlation_id: "of-a-request" } }]);
    const seen: unknown[] = [];
    at.consume(async ({ correlationId, trace }) => seen.push([correlationId, trace]) > 0);
    await waitUntil("it is handled", () => seen.length === 1);
    assert.deepEqual(seen, [["of-a-request", parseTraceparent(traceparent)]]);
  });

  it("logs the ids of a single event, and of several only a recorded trace's (SDG-7)", async () => {
    at = await createTopic();
    const lines: { msg: string; correlation_id?: string; trace_id?: string }[] = [];
    const logs = createLogger(
      { service: "kit", version: "test", level: "info" },
      { write: (line) => lines.push(JSON.parse(line)) },
    );
    const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    const traceparent = (flags: string) => `00-${TRACE}-00f067aa0ba902b7-${flags}`;
    const publish = (...headers: Record<string, string>[]) =>
      at.bus.publish(
        headers.map((own, index) => ({ ...record(at.topic, eventsOf(["a"], 1, index)[0]!), headers: own })),
      );
    const idsOf = async (msg: string, count: number) => {
      const found = () => lines.filter((line) => line.msg === msg);
      await waitUntil(`${count} lines '${msg}'`, () => found().length === count);
      return found().map(({ correlation_id, trace_id }) => [correlation_id, trace_id]);
    };

    const single = at.consume(
      async () => {
        logs.info("handled");
        throw new PoisonEvent("it makes no sense");
      },
      { logger: logs },
    );
    await publish(
      { correlation_id: "one", traceparent: traceparent("00") },
      { correlation_id: "two" },
      { traceparent: traceparent("01") },
      {},
    );
    const ids = await idsOf("handled", 4);
    assert.match(ids[1]?.[1] ?? "", /^[0-9a-f]{32}$/);
    assert.deepEqual(
      [ids[0], ids[1]?.[0], ids[2], ids[3]],
      [["one", TRACE], "two", [undefined, TRACE], [undefined, undefined]],
    );
    assert.deepEqual(
      (await idsOf("event went to the dead letters", 4)).map(([correlation]) => correlation),
      ["one", "two", undefined, undefined],
    );
    await single.stop();

    const apply = async (received: readonly unknown[]) => {
      logs.info(`handled ${received.length}`);
      return received.length;
    };
    const batches = createConsumer<NumberedEvent>({ ...at.settings(), applyBatch: apply });
    batches.start();
    try {
      await publish(...[1, 2].map(() => ({ correlation_id: "one", traceparent: traceparent("00") })));
      assert.deepEqual(await idsOf("handled 2", 1), [[undefined, undefined]]);
      await publish({}, {}, { correlation_id: "three", traceparent: traceparent("01") });
      assert.deepEqual(await idsOf("handled 3", 1), [[undefined, TRACE]]);
    } finally {
      await batches.stop();
    }
  });
});
