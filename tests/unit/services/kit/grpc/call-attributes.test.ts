import assert from "node:assert/strict";
import { Code } from "@connectrpc/connect";
import { callAttributes } from "@plinth/kit/grpc/call-attributes.ts";

describe("what a span says of a gRPC call", () => {
  it("is OpenTelemetry's names with gRPC's own spelling of the status", () => {
    assert.deepEqual(callAttributes("plinth.echo.v1.EchoService", "Say", "OK", false), {
      "rpc.system.name": "grpc",
      "rpc.method": "plinth.echo.v1.EchoService/Say",
      "rpc.status_code": "OK",
    });
    assert.equal(callAttributes("s", "m", "DeadlineExceeded", true)["error.type"], "DEADLINE_EXCEEDED");
  });

  it("spells each status as gRPC's list of codes does", () => {
    const names = Object.values(Code).filter((code) => typeof code === "string");
    // Source: grpc/doc/statuscodes.md.
    assert.deepEqual(
      names.map((name) => callAttributes("s", "m", name, false)["rpc.status_code"]),
      [
        "CANCELLED",
        "UNKNOWN",
        "INVALID_ARGUMENT",
        "DEADLINE_EXCEEDED",
        "NOT_FOUND",
        "ALREADY_EXISTS",
        "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED",
        "FAILED_PRECONDITION",
        "ABORTED",
        "OUT_OF_RANGE",
        "UNIMPLEMENTED",
        "INTERNAL",
        "UNAVAILABLE",
        "DATA_LOSS",
        "UNAUTHENTICATED",
      ],
    );
  });
});
