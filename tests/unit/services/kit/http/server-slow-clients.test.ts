import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createLogger } from "@plinth/kit/core/logger.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import { eventually, waitUntil } from "../../../../support/eventually.ts";

/**
 * Clients that are slow, go away or send what no library would: over a socket, since none lets
 * them.
 */
describe("HTTP server with misbehaving clients", () => {
  let http: HttpServer;
  let port: number;
  let sockets: Socket[];
  let lines: Record<string, unknown>[];
  let begun: number;
  let answer: (() => void) | undefined;

  beforeEach(async () => {
    [sockets, lines, begun, answer] = [[], [], 0, undefined];
    const write = (text: string) => void lines.push(JSON.parse(text) as Record<string, unknown>);
    const logger = createLogger({ service: "test", version: "1", level: "info" }, { write });
    http = await createHttpServer({
      title: "Test",
      description: "",
      version: "1",
      logger,
      metrics: createMetrics("test", "1"),
    });
    http.route({
      method: ["GET", "POST"],
      url: "/waits",
      async handler() {
        begun++;
        await new Promise<void>((resolve) => {
          answer = resolve;
        });
        return {};
      },
    });
    // More than the system keeps for a client that does not read.
    http.get("/large", () => "x".repeat(2 ** 20));
    http.post("/echo", (request) => ({ got: request.body }));
    port = Number(new URL(await http.listen({ host: "127.0.0.1", port: 0 })).port);
  });
  afterEach(async () => {
    for (const socket of sockets) socket.destroy();
    await http.close();
  });

  async function send(what: string | Buffer): Promise<Socket> {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
    socket.write(what);
    return socket;
  }

  const head = "host: x\r\nx-correlation-id: left-early\r\n";
  const impatient: [string, string][] = [
    ["before its answer", `GET /waits HTTP/1.1\r\n${head}\r\n`],
    [
      "before its answer, having sent a body",
      `POST /waits HTTP/1.1\r\n${head}content-type: application/json\r\ncontent-length: 2\r\n\r\n{}`,
    ],
  ];
  for (const [when, request] of impatient) {
    it(`logs and counts a request whose client leaves ${when} (SHOP-4)`, async () => {
      const socket = await send(request);
      await waitUntil("its handler works", () => begun === 1);
      socket.destroy();
      const line = await eventually("its line is there", () => lines.find(({ msg }) => msg === "request"));
      assert.deepEqual([line.correlation_id, line.route, line.status], ["left-early", "/waits", 499]);
      answer?.();
      await fetch(`http://127.0.0.1:${port}/missing`);
      await waitUntil("the next request has its line", () => lines.some(({ status }) => status === 404));
      assert.equal(lines.filter(({ msg }) => msg === "request").length, 2, "one line each");
      const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      assert.match(metrics, /http_request_duration_seconds_count\{.*route="\/waits".*status="499".*\} 1/);
      assert.doesNotMatch(metrics, /route="\/waits".*status="200"/);
    });
  }

  async function post(
    body: Buffer | string,
    headers: Record<string, string>,
  ): Promise<{ status: number; text: string }> {
    const response = await fetch(`http://127.0.0.1:${port}/echo`, { method: "POST", body, headers });
    return { status: response.status, text: await response.text() };
  }
  const json = { "content-type": "application/json" };

  it("refuses a body that is not UTF-8 instead of storing other characters (SHOP-7)", async () => {
    const latin = Buffer.from('{"name":"Andr\u00e9"}', "latin1");
    for (const headers of [json, { "content-type": "application/json; charset=iso-8859-1" }]) {
      const { status, text } = await post(latin, headers);
      assert.equal(status, 400, text);
      assert.match(text, /"invalid_request".*UTF-8/);
    }
    const { status, text } = await post('{"name":"Andr\u00e9 \u{1f600} \u05e9"}', {
      "content-type": "application/json; charset=utf-8",
    });
    assert.deepEqual([status, JSON.parse(text)], [200, { got: { name: "Andr\u00e9 \u{1f600} \u05e9" } }]);
  });

  it("answers 415 to a compressed body and to other types than JSON, which any page's form may send", async () => {
    for (const headers of [
      { ...json, "content-encoding": "gzip" },
      { "content-type": "text/plain" },
      { "content-type": "text/html" },
    ]) {
      const { status, text } = await post('{"name":"x"}', headers);
      assert.deepEqual([status, JSON.parse(text).error.code], [415, "unsupported_media_type"], JSON.stringify(headers));
    }
    assert.equal((await post("{}", { ...json, "content-encoding": "identity" })).status, 200);
  });

  it("closes a connection whose client reads no answer", async () => {
    assert.ok(http.server.timeout > 0 && http.server.timeout <= 60_000, `${http.server.timeout} ms, and 0 is never`);
    // The same, without the test lasting a minute.
    http.server.timeout = 200;
    const closed = new Promise((resolve) => http.server.once("connection", (socket) => socket.once("close", resolve)));
    const socket = await send("GET /large HTTP/1.1\r\nhost: x\r\n\r\n".repeat(20));
    socket.pause();
    await closed;
  });

  it("stops although a client never sends the rest of its request (SDG-1)", async () => {
    const socket = await send(
      "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{",
    );
    await waitUntil(
      "the connection is known",
      () => new Promise((resolve) => http.server.getConnections((_, count) => resolve(count === 1))),
    );
    const begunAt = performance.now();
    const gone = once(socket, "close");
    await http.close();
    await gone;
    const ms = performance.now() - begunAt;
    assert.ok(ms < 8000, `${ms} ms of the ten seconds that the whole service has`);
    assert.ok(lines.some(({ msg }) => msg === "clients took too long; their connections are closed"));
  }).timeout(20_000);
});
