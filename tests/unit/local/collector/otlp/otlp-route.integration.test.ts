import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { fromSpanDocument } from "@plinth/local/collector/span-document.ts";
import type { Span } from "@plinth/local/page/model/span.ts";
import { type TestSpan, traceRequest } from "../../../../support/collector/otlp-messages.ts";
import { encodeMessage } from "../../../../support/collector/protobuf.ts";
import { type RunningCollector, runCollector } from "../../../../support/collector/running-collector.ts";
import { eventually } from "../../../../support/eventually.ts";

const PROTOBUF = "application/x-protobuf";
const nowNs = () => BigInt(Date.now()) * 1_000_000n;

describe("OTLP receiver", function () {
  this.timeout(60_000);
  let running: RunningCollector;
  const forwarded: Buffer[] = [];
  const jaeger = createServer(async (request, response) => {
    forwarded.push(await buffer(request));
    response.end();
  });
  before(async () => {
    jaeger.listen(0, "127.0.0.1");
    await once(jaeger, "listening");
    running = await runCollector({ jaeger: `http://127.0.0.1:${(jaeger.address() as AddressInfo).port}` });
  });
  after(async () => {
    await running.stop();
    jaeger.closeAllConnections();
    jaeger.close();
  });

  async function send(body: Uint8Array | string, headers: Record<string, string> = {}, path = "/v1/traces") {
    const type = typeof body === "string" ? "application/json" : PROTOBUF;
    const given = { "content-type": type, ...headers };
    const response = await fetch(`${running.otlp}${path}`, { method: "POST", body, headers: given });
    return {
      status: response.status,
      type: response.headers.get("content-type"),
      retryAfter: response.headers.get("retry-after"),
      body: Buffer.from(await response.arrayBuffer()),
    };
  }

  const span = (fields: Partial<TestSpan> = {}): TestSpan => ({
    traceId: randomBytes(16).toString("hex"),
    spanId: randomBytes(8).toString("hex"),
    name: "POST /bets",
    startNs: nowNs(),
    endNs: nowNs() + 1_500_000n,
    ...fields,
  });

  const findSpans = async (traceId: string) =>
    (await running.store.client.find(10001, `{kind="span"} trace_id:="${traceId}"`)).map(fromSpanDocument) as Span[];
  const arrives = (traceId: string) => eventually(`trace ${traceId}`, async () => (await findSpans(traceId))[0]);
  const metrics = () => running.collector().metrics();

  it("files a span of protobuf within a second (OBS-3)", async () => {
    const sent = span({ parentSpanId: "00f067aa0ba902b7", attributes: { "tenant.id": 10002, "http.route": "/bets" } });
    const sentAt = Date.now();
    const answer = await send(traceRequest("wallet", [sent]));
    assert.deepEqual([answer.status, answer.type, answer.body.length], [200, PROTOBUF, 0]);
    const found = await arrives(sent.traceId);
    assert.ok(Date.now() - sentAt < 1000, `${Date.now() - sentAt} ms`);
    assert.deepEqual(found, {
      traceId: sent.traceId,
      spanId: sent.spanId,
      parentSpanId: "00f067aa0ba902b7",
      service: "wallet",
      version: "1.2.3",
      name: "POST /bets",
      kind: "server",
      startNs: sent.startNs.toString(),
      durationNs: Number(sent.endNs - sent.startNs),
      status: "error",
      statusMessage: "no balance",
      tenant: 10002,
      attributes: { "tenant.id": 10002, "http.route": "/bets" },
      events: [{ timeNs: sent.startNs.toString(), name: "exception", attributes: { "exception.type": "Error" } }],
      links: [{ traceId: "07".repeat(16), spanId: "08".repeat(8) }],
    });
  });

  it("takes JSON and gzip, with every kind of value", async () => {
    const { traceId, spanId } = span();
    const attributes = [
      { key: "text", value: { stringValue: "x" } },
      { key: "whole", value: { intValue: "42" } },
      { key: "great", value: { intValue: "9223372036854775807" } },
      { key: "half", value: { doubleValue: 0.5 } },
      { key: "yes", value: { boolValue: true } },
      { key: "list", value: { arrayValue: { values: [{ intValue: 1 }, { stringValue: "two" }] } } },
      { key: "map", value: { kvlistValue: { values: [{ key: "a", value: { intValue: 1 } }] } } },
      { key: "nothing", value: {} },
    ];
    const start = nowNs();
    const one = {
      traceId,
      spanId,
      name: "s",
      kind: 3,
      startTimeUnixNano: String(start),
      endTimeUnixNano: String(start),
    };
    const request = {
      resourceSpans: [
        {
          resource: { attributes: [{ key: "service.name", value: { stringValue: "go" } }] },
          scopeSpans: [{ spans: [{ ...one, attributes, status: { code: 1 } }] }],
        },
      ],
    };
    const answer = await send(gzipSync(JSON.stringify(request)), {
      "content-type": "application/json",
      "content-encoding": "gzip",
    });
    assert.deepEqual([answer.status, answer.type, answer.body.toString()], [200, "application/json", "{}"]);
    const found = await arrives(traceId);
    assert.deepEqual([found.service, found.kind, found.status, found.durationNs], ["go", "client", "ok", 0]);
    assert.deepEqual(found.attributes, {
      text: "x",
      whole: 42,
      great: "9223372036854775807",
      half: 0.5,
      yes: true,
      list: [1, "two"],
      map: '{"a":1}',
    });
  });

  it("rejects spans without valid ids or times, keeps the others and says so (OBS-7)", async () => {
    const good = span();
    const spans = [
      good,
      span({ traceId: "00".repeat(16) }),
      span({ traceId: "ab" }),
      span({ spanId: "" }),
      span({ startNs: 0n }),
      span({ startNs: nowNs() - 8n * 86_400_000_000_000n }),
      span({ startNs: nowNs() + 2n * 86_400_000_000_000n }),
    ];
    const answer = await send(traceRequest("wallet", spans));
    assert.equal(answer.status, 200);
    assert.match(answer.body.toString("latin1"), /invalid id: 3, no start time: 1, too old: 1, too far ahead: 1/);
    await arrives(good.traceId);
    assert.match(await metrics(), /plinth_collector_dropped_total\{reason="invalid id"\} 3/);
  });

  it("keeps a span without an end, and one that ends before it starts, without a duration", async () => {
    const [endless, backward] = [span({ endNs: 0n }), span({ endNs: nowNs() - 60_000_000_000n })];
    await send(traceRequest("wallet", [endless, backward]));
    assert.equal((await arrives(endless.traceId)).durationNs, 0);
    assert.equal((await arrives(endless.traceId)).attributes["cut.end"], "the span has no end");
    assert.match(String((await arrives(backward.traceId)).attributes["cut.end"]), /ns before it starts$/);
  });

  it("bounds many attributes and huge values, and marks what it cut (OBS-7)", async () => {
    const attributes = {
      huge: "x".repeat(1_000_000),
      ...Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`attribute ${n}`, "v"])),
    };
    const sent = span({ attributes, name: "n".repeat(100_000) });
    assert.equal((await send(traceRequest("wallet", [sent]))).status, 200);
    const found = await arrives(sent.traceId);
    assert.ok(JSON.stringify(found).length < 20_000);
    assert.equal(found.attributes["cut.attributes"], 10_001 - 128);
    assert.match(String(found.attributes.huge), /… \[cut: 1000000 characters\]$/);
  });

  it("survives invalid UTF-8", async () => {
    const sent = span({ name: Buffer.from([0xc3, 0x28, 0xff]) });
    assert.equal((await send(traceRequest("wallet", [sent]))).status, 200);
    assert.equal((await arrives(sent.traceId)).name, "\ufffd(\ufffd");
  });

  it("answers a malformed request with its type's error, and keeps nothing", async () => {
    const whole = traceRequest("wallet", [span()]);
    for (const [body, headers, status] of [
      [whole.subarray(0, whole.length - 20), {}, 400],
      [Buffer.from("no protobuf"), {}, 400],
      ["{", {}, 400],
      ["[]", {}, 400],
      ['{"resourceSpans":7}', {}, 400],
      ["text", { "content-type": "text/plain" }, 415],
      [Buffer.from("x"), { "content-encoding": "gzip" }, 400],
      [whole, { "content-encoding": "br" }, 415],
      [Buffer.alloc(9 << 20), {}, 413],
    ] as const) {
      const answer = await send(body, headers);
      assert.equal(answer.status, status);
      assert.ok(answer.type === PROTOBUF || answer.type === "application/json");
      if (answer.type === "application/json")
        assert.equal(typeof (JSON.parse(answer.body.toString()) as { message: string }).message, "string");
    }
    assert.equal((await fetch(`${running.otlp}/v1/traces`)).status, 405);
    assert.equal((await fetch(`${running.otlp}/other`, { method: "POST" })).status, 404);
  });

  it("survives random bytes", async () => {
    const whole = traceRequest("wallet", [span({ attributes: { a: "b", c: 1 } })]);
    for (let n = 0; n < 300; n++) {
      const body = Buffer.from(whole);
      for (let flips = 0; flips < 4; flips++)
        body[Math.floor(Math.random() * body.length)] = Math.floor(Math.random() * 256);
      const { status } = await send(body);
      assert.ok(status === 200 || status === 400, String(status));
    }
  });

  it("files log records as lines of their service, and never as spans", async () => {
    const keyValue = (key: string, value: string) => encodeMessage([1, key], [2, encodeMessage([1, value])]);
    const record = encodeMessage(
      [1, { fixed64: nowNs() }],
      [2, 17],
      [5, encodeMessage([1, "record of otlp"])],
      [6, keyValue("kind", "span")],
      [9, Buffer.alloc(16, 9)],
    );
    const resource = encodeMessage([1, keyValue("service.name", "python")]);
    const body = encodeMessage([1, encodeMessage([1, resource], [2, encodeMessage([2, record])])]);
    assert.equal((await send(body, {}, "/v1/logs")).status, 200);
    const found = await eventually("the record", async () =>
      (await running.store.client.find(10001, '"record of otlp"')).at(0),
    );
    assert.deepEqual(
      [found.service, found.level, found.trace_id, found.kind],
      ["python", "error", "09".repeat(16), undefined],
    );
  });

  it("asks to send metrics again while their store is away", async () => {
    const answer = await send(Buffer.alloc(0), {}, "/v1/metrics");
    assert.deepEqual([answer.status, answer.retryAfter], [503, "1"]);
  });

  it("forwards the same spans to Jaeger, and keeps them when Jaeger is away", async () => {
    const body = traceRequest("wallet", [span()]);
    await send(body);
    await eventually("the request", () => forwarded.some((received) => received.equals(body)));
    jaeger.closeAllConnections();
    jaeger.close();
    const sent = span();
    assert.equal((await send(traceRequest("wallet", [sent]))).status, 200);
    await arrives(sent.traceId);
    assert.match(await metrics(), /plinth_collector_spans_total\{result="not forwarded"\} 1/);
  });

  it("keeps spans on disk while the store is away (OBS-7)", async () => {
    await running.store.kill();
    const sent = Array.from({ length: 50 }, () => span());
    for (const one of sent) assert.equal((await send(traceRequest("wallet", [one]))).status, 200);
    await running.store.start();
    for (const { traceId } of sent) await arrives(traceId);
  });
});
