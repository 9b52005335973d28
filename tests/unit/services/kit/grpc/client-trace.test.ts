import assert from "node:assert/strict";
import { currentBaggage, currentTrace, runInTrace } from "@plinth/kit/core/trace-context.ts";
import { createGrpcClient } from "@plinth/kit/grpc/client.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { startEcho } from "../../../../support/kit/echo-service.ts";
import { EchoService } from "../../../../support/kit/proto/generated/plinth/echo/v1/echo_pb.ts";

describe("trace of a gRPC call", () => {
  it("carries traceparent, tracestate and baggage into the called handler (SHOP-3)", async () => {
    const parent = { traceId: "1".repeat(32), spanId: "2".repeat(16), sampled: false, tracestate: "vendor=1" };
    const seen: unknown[] = [];
    const tracing = createTracing({ service: "test", version: "1" });
    const echo = await startEcho({
      tracing,
      routes: (router) =>
        router.service(EchoService, {
          say(_request, { requestHeader }) {
            const { traceId, tracestate } = currentTrace()!;
            seen.push({
              traceparent: requestHeader.get("traceparent"),
              traceId,
              tracestate,
              baggage: currentBaggage(),
            });
            return {};
          },
        }),
    });
    const metrics = createMetrics("caller", "test");
    const { calls, close } = createGrpcClient(EchoService, { url: echo.url, deadlineMs: 2000, metrics, tracing });
    try {
      await runInTrace(parent, () => calls.say({ text: "hi" }), { correlationId: "id", baggage: "plan=gold" });
    } finally {
      close();
      await echo.server.close();
    }
    const traceparent = `00-${parent.traceId}-${parent.spanId}-00`;
    assert.deepEqual(seen, [{ traceparent, traceId: parent.traceId, tracestate: "vendor=1", baggage: "plan=gold" }]);
  });
});
