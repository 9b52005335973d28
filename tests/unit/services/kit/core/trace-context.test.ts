import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { defaultTextMapGetter, propagation, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import { CompositePropagator, W3CBaggagePropagator, W3CTraceContextPropagator } from "@opentelemetry/core";
import {
  currentTrace,
  formatTraceHeaders,
  formatTraceparent,
  parseBaggage,
  parseTraceparent,
  runInTrace,
} from "@plinth/kit/core/trace-context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const sampled = { traceId: TRACE, spanId: PARENT, sampled: true };

describe("trace context (SHOP-3)", () => {
  it("parses traceparent as W3C Trace Context says", () => {
    const cases: [string, string | undefined, boolean | undefined][] = [
      ["sampled", `00-${TRACE}-${PARENT}-01`, true],
      ["not sampled", `00-${TRACE}-${PARENT}-00`, false],
      ["other flags", `00-${TRACE}-${PARENT}-03`, true],
      ["a later version with more fields", `cc-${TRACE}-${PARENT}-01-what.the.future.will.be`, true],
      ["a later version, more without dash", `cc-${TRACE}-${PARENT}-01.what`, undefined],
      ["more after version 00", `00-${TRACE}-${PARENT}-01-more`, undefined],
      ["version ff", `ff-${TRACE}-${PARENT}-01`, undefined],
      ["no trace", `00-${"0".repeat(32)}-${PARENT}-01`, undefined],
      ["no span", `00-${TRACE}-${"0".repeat(16)}-01`, undefined],
      ["upper case", `00-${TRACE.toUpperCase()}-${PARENT}-01`, undefined],
      ["too short", `00-${TRACE.slice(1)}-${PARENT}-01`, undefined],
      ["a line more", `00-${TRACE}-${PARENT}-01\n`, undefined],
      ["empty", "", undefined],
      ["missing", undefined, undefined],
    ];
    for (const [what, header, expected] of cases) {
      const context = parseTraceparent(header);
      assert.equal(context?.sampled, expected, what);
      if (context) assert.deepEqual([context.traceId, context.spanId], [TRACE, PARENT], what);
    }
  });

  it("formats what it parsed", () => {
    for (const header of [`00-${TRACE}-${PARENT}-01`, `00-${TRACE}-${PARENT}-00`]) {
      assert.equal(formatTraceparent(parseTraceparent(header)!), header);
    }
  });

  it("follows each piece of work through awaits and callbacks", async () => {
    const seen = async (traceId: string) => {
      await sleep(1);
      return new Promise<boolean>((resolve) => setImmediate(() => resolve(currentTrace()?.traceId === traceId)));
    };
    const traces = ["1".repeat(32), "2".repeat(32), "3".repeat(32)];
    const all = await Promise.all(traces.map((traceId) => runInTrace({ ...sampled, traceId }, () => seen(traceId))));
    assert.deepEqual(all, [true, true, true]);
    assert.equal(currentTrace(), undefined);
  });

  const propagator = new CompositePropagator({
    propagators: [new W3CTraceContextPropagator(), new W3CBaggagePropagator()],
  });

  /** The context that OpenTelemetry reads from headers. */
  function readByOpenTelemetry(headers: object) {
    const context = propagator.extract(ROOT_CONTEXT, headers, defaultTextMapGetter);
    const span = trace.getSpanContext(context);
    return {
      trace: span && [span.traceId, span.spanId, span.traceFlags, span.traceState?.serialize()],
      baggage: propagation
        .getBaggage(context)
        ?.getAllEntries()
        .map(([key, { value, metadata }]) => [key, value, metadata?.toString()]),
    };
  }

  const traceparent = `00-${TRACE}-${PARENT}-01`;
  const headers: [string, Record<string, string>][] = [
    ["traceparent alone", { traceparent }],
    ["one vendor", { traceparent, tracestate: "rojo=00f067aa0ba902b7" }],
    ["several vendors, with spaces", { traceparent, tracestate: "congo=t61rcWkgMzE ,  fw529a3039@dt=FfAxO" }],
    ["a member that is none", { traceparent, tracestate: "a=1,B=2,c,d=4" }],
    ["an empty tracestate", { traceparent, tracestate: "" }],
    ["baggage", { traceparent, tracestate: "a=1", baggage: "user=alice;secret,plan=gold%20plus" }],
    ["baggage that is none", { traceparent, baggage: "no pairs" }],
    ["a trace that is not recorded", { traceparent: `00-${TRACE}-${PARENT}-00`, tracestate: "a=1", baggage: "b=2" }],
  ];
  for (const [what, received] of headers)
    it(`passes on what OpenTelemetry reads: ${what}`, () => {
      const context = parseTraceparent(received.traceparent, received.tracestate)!;
      const sent = runInTrace(context, () => formatTraceHeaders(context), { baggage: parseBaggage(received.baggage) });
      assert.deepEqual(readByOpenTelemetry(sent), readByOpenTelemetry(received));
    });

  it("drops tracestate without a valid traceparent, and lists that are too long", () => {
    assert.equal(parseTraceparent("00-x", "a=1"), undefined);
    assert.equal(parseTraceparent(traceparent, `a=${"x".repeat(511)}`)?.tracestate, undefined);
    assert.equal(parseTraceparent(traceparent, `a=${"x".repeat(510)}`)?.tracestate?.length, 512);
    assert.deepEqual([parseBaggage(`a=${"x".repeat(8191)}`), parseBaggage("")], [undefined, undefined]);
    assert.equal(parseBaggage(`a=${"x".repeat(8190)}`)?.length, 8192);
  });
});
