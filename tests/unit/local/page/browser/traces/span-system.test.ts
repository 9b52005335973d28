import assert from "node:assert/strict";
import { labelOf, systemOf } from "@plinth/local/page/browser/traces/span-system.ts";
import type { Span, SpanKind } from "@plinth/local/page/model/span.ts";

const CASES: readonly [SpanKind, Span["attributes"], string][] = [
  ["server", { "http.request.method": "GET" }, "HTTP server"],
  ["client", { "http.method": "GET" }, "HTTP client"],
  ["client", { "rpc.system": "grpc", "http.request.method": "POST" }, "gRPC client"],
  ["producer", { "messaging.system": "kafka" }, "Kafka producer"],
  ["consumer", {}, "Kafka consumer"],
  ["client", { "db.system.name": "postgresql" }, "SQL"],
  ["client", { "db.system": "postgresql" }, "SQL"],
  ["client", { "db.system": "redis" }, "Cache"],
  ["internal", { note: "nothing" }, "internal"],
];

describe("the system that a span goes through", () => {
  for (const [kind, attributes, label] of CASES)
    it(`is ${label} for a ${kind} span with ${Object.keys(attributes).join(" and ") || "no attribute"}`, () => {
      assert.equal(labelOf({ kind, attributes } as Span), label);
    });

  it("is one of those that have a colour", () => {
    assert.equal(systemOf({ kind: "server", attributes: { "url.path": "/" } } as unknown as Span), "http");
  });
});
