import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { type EchoServer, startEcho } from "../../../../support/kit/echo-service.ts";
import { EchoService, SayRequestSchema } from "../../../../support/kit/proto/generated/plinth/echo/v1/echo_pb.ts";

describe("gRPC calls whose client stops reading", () => {
  let echo: EchoServer;
  beforeEach(async () => {
    echo = await startEcho();
  });
  afterEach(() => echo.server.close());

  it("hold an unread answer no longer than the deadline", async () => {
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
      await Promise.race([
        once(call, "close"),
        new Promise((_, reject) => setTimeout(() => reject(new Error("held")), 3000).unref()),
      ]);
      assert.ok(performance.now() - begun < 1500);
    } finally {
      session.destroy();
    }
  });
});
