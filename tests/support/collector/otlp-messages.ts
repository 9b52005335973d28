import { encodeMessage } from "./protobuf.ts";

export interface TestSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string | Uint8Array;
  startNs: bigint;
  endNs: bigint;
  attributes?: Record<string, string | number>;
}

/** `ExportTraceServiceRequest` of one resource. */
export function traceRequest(service: string, spans: readonly TestSpan[]): Buffer {
  const resource = encodeMessage([1, keyValue("service.name", service)], [1, keyValue("service.version", "1.2.3")]);
  const scope = encodeMessage([1, encodeMessage([1, "test"])], ...spans.map((span) => [2, encodeSpan(span)] as const));
  return encodeMessage([1, encodeMessage([1, resource], [2, scope])]);
}

function encodeSpan({ traceId, spanId, parentSpanId, name, startNs, endNs, attributes = {} }: TestSpan): Buffer {
  return encodeMessage(
    [1, Buffer.from(traceId, "hex")],
    [2, Buffer.from(spanId, "hex")],
    ...(parentSpanId === undefined ? [] : [[4, Buffer.from(parentSpanId, "hex")] as const]),
    [5, name],
    [6, 2],
    [7, { fixed64: startNs }],
    [8, { fixed64: endNs }],
    ...Object.entries(attributes).map(([key, value]) => [9, keyValue(key, value)] as const),
    [10, 0],
    [11, encodeMessage([1, { fixed64: startNs }], [2, "exception"], [3, keyValue("exception.type", "Error")])],
    [13, encodeMessage([1, Buffer.alloc(16, 7)], [2, Buffer.alloc(8, 8)])],
    [15, encodeMessage([2, "no balance"], [3, 2])],
  );
}

function keyValue(key: string, value: string | number): Buffer {
  return encodeMessage([1, key], [2, encodeMessage(typeof value === "string" ? [1, value] : [3, value])]);
}
