import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { create, toBinary } from "@bufbuild/protobuf";
import { createMessageBudget } from "@plinth/kit/grpc/message-budget.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { type EchoServer, metric, SERVICE, startEcho } from "../../../../support/kit/echo-service.ts";
import { SayRequestSchema } from "../../../../support/kit/proto/generated/plinth/echo/v1/echo_pb.ts";

const MIB = 1 << 20;
const CALLS = 40;
/** What HTTP/2 lets a client send before the server reads, and a frame more. */
const WINDOW = 80 * 1024;

describe("gRPC messages of one connection", function () {
  this.timeout(30_000);
  let echo: EchoServer;
  let session: ClientHttp2Session;
  const known = (tenantId: number) => (tenantId === 10_001 ? true : new Promise<boolean>(() => undefined));

  beforeEach(async () => {
    echo = await startEcho({ tenants: { knows: known }, maxMessageBytes: MIB });
    session = connect(echo.url).on("error", () => undefined);
  });
  afterEach(async () => {
    session.destroy();
    await echo.server.close();
  });

  const bytes = toBinary(SayRequestSchema, create(SayRequestSchema, { text: "x".repeat(MIB - 100) }));
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(bytes.length, 1);
  const frame = Buffer.concat([prefix, bytes]);

  function call(tenant: string, method: string, type: string): ClientHttp2Stream {
    const headers = { ":method": "POST", ":path": `/${SERVICE}/${method}`, "content-type": type, te: "trailers" };
    const stream = session.request({ ...headers, "x-tenant-id": tenant, "grpc-timeout": "20S" });
    stream.on("error", () => undefined).resume();
    // All but the last byte: what the server has read it has to keep.
    for (let at = 0; at < frame.length - 1; at += MIB / 4)
      stream.write(frame.subarray(at, Math.min(at + MIB / 4, frame.length - 1)));
    return stream;
  }

  /** Bytes that the server has taken, once it has taken `least` and takes no more. */
  async function taken(streams: readonly ClientHttp2Stream[], least: number): Promise<number> {
    const sent = () => streams.reduce((sum, stream) => sum + (frame.length - 1 - stream.writableLength), 0);
    await waitUntil("the first bytes are taken", sent, (bytes) => bytes >= least, 20_000);
    // A write counts as sent once it is whole, and each is a quarter of a MiB.
    for (let before = -1; before !== sent(); await new Promise((resolve) => setTimeout(resolve, 300))) before = sent();
    return sent();
  }

  const kinds: [string, string, string][] = [
    ["unary calls", "Say", "application/grpc+proto"],
    ["gRPC-Web", "Say", "application/grpc-web+proto"],
    ["streams", "Chat", "application/grpc+proto"],
  ];
  for (const [what, method, type] of kinds) {
    it(`are not read before their tenant is known: ${what}`, async () => {
      const streams = Array.from({ length: CALLS }, () => call("10009", method, type));
      const read = await taken(streams, 0);
      assert.ok(read <= CALLS * WINDOW, `${read / MIB} MiB`);
    });

    it(`are bounded together, and all answered: ${what}`, async () => {
      const streams = Array.from({ length: CALLS }, () => call("10001", method, type));
      const read = await taken(streams, MIB + 1);
      assert.ok(read <= 4 * MIB + CALLS * WINDOW, `${read / MIB} MiB`);
      for (const stream of streams) stream.end(frame.subarray(-1));
      const answered = () =>
        metric(echo.metrics, "grpc_server_handled_total", { grpc_method: method, grpc_code: "OK" });
      await waitUntil("all are answered", async () => (await answered()) === CALLS, Boolean, 25_000);
    });
  }

  it("give back what they had when their client leaves", async () => {
    const streams = Array.from({ length: 20 }, () => call("10001", "Say", "application/grpc+proto"));
    await taken(streams, MIB + 1);
    for (const stream of streams) stream.close();
    const last = call("10001", "Say", "application/grpc+proto");
    last.end(frame.subarray(-1));
    await waitUntil("the last is answered", async () => {
      return (await metric(echo.metrics, "grpc_server_handled_total", { grpc_method: "Say", grpc_code: "OK" })) === 1;
    });
  });

  it("are refused as soon as they are longer than they say", async () => {
    const announced = Buffer.alloc(5);
    announced.writeUInt32BE(10, 1);
    const stream = session.request({
      ":method": "POST",
      ":path": `/${SERVICE}/Say`,
      "content-type": "application/grpc+proto",
      "x-tenant-id": "10001",
    });
    stream.on("error", () => undefined).resume();
    stream.write(Buffer.concat([announced, Buffer.alloc(MIB / 2)]));
    assert.equal((await responseTo(stream))["grpc-status"], "3");
  });

  it("in JSON are refused once they are longer than the limit", async () => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/${SERVICE}/Say`,
      "content-type": "application/json",
      "connect-protocol-version": "1",
      "x-tenant-id": "10001",
    });
    stream.on("error", () => undefined).resume();
    stream.write(`{"text":"${"x".repeat(2 * MIB)}`);
    assert.equal((await responseTo(stream))[":status"], 429);
  });

  it("too long are refused by their length alone", async () => {
    const stream = session.request({
      ":method": "POST",
      ":path": `/${SERVICE}/Say`,
      "content-type": "application/grpc+proto",
      "x-tenant-id": "10001",
    });
    const announced = Buffer.alloc(5);
    announced.writeUInt32BE(2 ** 32 - 1, 1);
    stream.write(announced);
    assert.equal((await responseTo(stream))["grpc-status"], "8");
    stream.on("error", () => undefined).destroy();
  });
});

/** The head of the answer, which comes though the message is not over. */
async function responseTo(stream: ClientHttp2Stream): Promise<IncomingHttpHeaders> {
  const [headers] = await once(stream, "response", { signal: AbortSignal.timeout(5000) });
  return headers as IncomingHttpHeaders;
}

describe("message budget", () => {
  it("serves those who wait in their order, and one that is larger than all of it alone", () => {
    const budget = createMessageBudget(10);
    const taken: string[] = [];
    const take = (name: string, bytes: number) => budget.take(bytes, () => void taken.push(name));
    assert.equal(take("a", 6), true);
    assert.equal(take("b", 6), false);
    assert.equal(take("c", 1), false, "none overtakes");
    budget.release(6);
    assert.deepEqual(taken, ["b", "c"]);
    assert.equal(take("huge", 100), false);
    budget.release(6);
    assert.deepEqual(taken, ["b", "c"]);
    budget.release(1);
    assert.deepEqual(taken, ["b", "c", "huge"]);
    const left = () => undefined;
    assert.equal(budget.take(1, left), false);
    budget.release(1, left);
    budget.release(100);
    assert.equal(take("d", 10), true);
  });
});
