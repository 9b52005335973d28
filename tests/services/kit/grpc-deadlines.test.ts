import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { createGrpcClient } from "@plinth/kit/grpc-client.ts";
import { createTelemetry } from "@plinth/kit/telemetry.ts";
import { until } from "../../support/eventually.ts";
import { type Echo, metric, startEcho } from "./echo.ts";
import { EchoService, SayRequestSchema } from "./proto/generated/plinth/echo/v1/echo_pb.ts";

describe("gRPC calls that nobody ends", () => {
  let echo: Echo;
  beforeEach(async () => {
    echo = await startEcho();
  });
  afterEach(() => echo.server.close());

  it("an answer that its caller does not read is held no longer than the deadline", async () => {
    // Whose window has no room for a single byte.
    const session = connect(echo.url, { settings: { initialWindowSize: 0 } });
    try {
      const headers = { "content-type": "application/grpc", te: "trailers", "grpc-timeout": "300m" };
      const call = session.request({ ":method": "POST", ":path": `/${EchoService.typeName}/Say`, ...headers });
      call.on("error", () => undefined);
      const message = toBinary(SayRequestSchema, create(SayRequestSchema, { text: "unread" }));
      call.end(Buffer.concat([Buffer.from([0, 0, 0, 0, message.length]), message]));
      await once(call, "response");
      const begun = performance.now();
      await Promise.race([once(call, "close"), new Promise((_, reject) => setTimeout(() => reject(new Error("held")), 3000).unref())]);
      assert.ok(performance.now() - begun < 1500);
    } finally {
      session.destroy();
    }
  });

  it("SHOP-4 a stream whose caller has seen enough is counted", async () => {
    const telemetry = createTelemetry("caller", "test");
    const { calls, close } = createGrpcClient(EchoService, { url: echo.url, deadlineMs: 5000, telemetry });
    try {
      for await (const { text } of calls.repeat({ text: "hi", times: 1000, everyMs: 5 })) if (text === "hi 2") break;
      const count = () => metric(telemetry, "grpc_client_requests_total", { grpc_method: "Repeat", grpc_code: "Canceled" });
      await until("it is counted", async () => (await count()) === 1, Boolean, 2000);
    } finally {
      close();
    }
  });
});
