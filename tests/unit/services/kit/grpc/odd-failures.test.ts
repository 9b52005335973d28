import assert from "node:assert/strict";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { createGrpcServer, type GrpcServer } from "@plinth/kit/grpc/server.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { collect } from "../../../../support/kit/echo-service.ts";
import { EchoService } from "../../../../support/kit/proto/generated/plinth/echo/v1/echo_pb.ts";
import { oddValues } from "../../../../support/odd-values.ts";

describe("gRPC server whose code fails", function () {
  this.timeout(20_000);
  let server: GrpcServer;
  let baseUrl: string;
  let thrown: unknown;
  let lines: { msg: string; level: string }[];

  before(async () => {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as (typeof lines)[number]);
    server = createGrpcServer({
      logger: createLogger({ service: "echo", version: "1", level: "info" }, { write }),
      metrics: createMetrics("echo", "1"),
      routes: (router) =>
        router.service(EchoService, {
          say: () => Promise.reject(thrown),
          count(_request, context) {
            context.responseTrailer.set("connection", "close");
            throw thrown;
          },
          async *repeat({ times }) {
            for (let turn = 0; turn < times; turn++) yield { text: "x" };
            throw thrown;
          },
        }),
    });
    baseUrl = `http://127.0.0.1:${await server.listen({ host: "127.0.0.1", port: 0 })}`;
  });
  after(() => server.close());

  async function codeOf(work: Promise<unknown>): Promise<Code> {
    const error = await work.then(
      () => assert.fail("answered"),
      (reason: unknown) => ConnectError.from(reason),
    );
    assert.doesNotMatch(error.rawMessage, /oops|select|must not be read/);
    return error.code;
  }

  it("answers INTERNAL and logs it, whatever is thrown, and goes on", async () => {
    const clients = [createGrpcTransport({ baseUrl }), createGrpcWebTransport({ baseUrl, httpVersion: "2" })].map(
      (transport) => createClient(EchoService, transport),
    );
    for (const [what, value] of oddValues()) {
      thrown = value;
      lines.length = 0;
      for (const client of clients) {
        assert.equal(await codeOf(client.say({})), Code.Internal, what);
        for (const times of [0, 2]) assert.equal(await codeOf(collect(client.repeat({ times }))), Code.Internal, what);
      }
      await waitUntil("all are logged", () => lines.filter(({ msg }) => msg === "call failed").length === 6);
    }
  });

  it("ends a call whose trailers cannot be sent", async () => {
    thrown = new Error("oops");
    const client = createClient(EchoService, createGrpcTransport({ baseUrl }));
    assert.equal(await codeOf(client.count({}, { timeoutMs: 2000 })), Code.Internal);
  });
});
