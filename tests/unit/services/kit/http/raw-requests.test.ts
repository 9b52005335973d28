import assert from "node:assert/strict";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { createLogger } from "@plinth/kit/core/logger.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import * as Type from "typebox";
import { waitUntil } from "../../../../support/eventually.ts";
import { exchange } from "../../../../support/raw-http.ts";

const HEAD = "host: localhost\r\n";
const JSON_TYPE = "content-type: application/json\r\n";

/** Requests as bytes, because no library sends them. */
describe("HTTP server and the bytes of a request", () => {
  let http: HttpServer;
  let port: number;
  let lines: Record<string, unknown>[];

  async function start(allowedHosts?: string[]): Promise<void> {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
    http = await createHttpServer({
      title: "Test",
      description: "",
      version: "1",
      logger: createLogger({ service: "test", version: "1", level: "info" }, { write }),
      metrics: createMetrics("test", "1"),
      allowedHosts,
    });
    http.route({ method: ["POST", "PUT", "PATCH", "DELETE"], url: "/any", handler: () => ({ ok: true }) });
    http.post("/strict", { schema: { body: Type.Object({ a: Type.String() }) } }, () => ({ ok: true }));
    http.route({
      method: ["GET", "POST", "DELETE"],
      url: "/raw",
      handler: (request, reply) => {
        request.raw.resume().once("end", () => void reply.send({ ended: true }));
      },
    });
    http.get("/slow", async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return { slow: true };
    });
    http.get("/text", async (request) => ({ length: (await text(request.raw)).length }));
    port = Number(new URL(await http.listen({ host: "127.0.0.1", port: 0 })).port);
  }
  beforeEach(() => start());
  afterEach(() => http.close());

  const read = async (bytes: string, count?: number) => {
    const answers = await exchange(port, bytes, count);
    for (const { status, headers, body } of answers)
      if (status >= 400) {
        assert.match(headers["content-type"] ?? "", /^application\/json/, body);
        const { error } = JSON.parse(body) as { error: { code: string; message: string; correlation_id: string } };
        assert.equal(headers["x-correlation-id"], error.correlation_id);
        assert.ok(error.code && error.message);
      }
    return answers.map(({ status }) => status);
  };

  describe("that has a content type and no body", () => {
    const framings: [string, string][] = [
      ["no framing", "\r\n"],
      ["a length of 0", "content-length: 0\r\n\r\n"],
      ["an empty chunk", "transfer-encoding: chunked\r\n\r\n0\r\n\r\n"],
      ["a wish to continue", "expect: 100-continue\r\n\r\n"],
    ];
    for (const [framing, end] of framings) {
      it(`answers it with ${framing}, as one without a type`, async () => {
        for (const method of ["POST", "PUT", "PATCH", "DELETE"])
          assert.deepEqual(await read(`${method} /any HTTP/1.1\r\n${HEAD}${JSON_TYPE}${end}`), [200], method);
        assert.deepEqual(await read(`POST /strict HTTP/1.1\r\n${HEAD}${JSON_TYPE}${end}`), [400]);
        assert.deepEqual(await read(`POST /missing HTTP/1.1\r\n${HEAD}${JSON_TYPE}${end}`), [404]);
        assert.deepEqual(await read(`POST /any HTTP/1.1\r\n${HEAD}content-type: text/csv\r\n${end}`), [415]);
        assert.deepEqual(await read(`GET /text HTTP/1.1\r\n${HEAD}${JSON_TYPE}${end}`), [200]);
      });
    }

    it("answers what is pipelined behind it", async () => {
      const empty = `POST /any HTTP/1.1\r\n${HEAD}${JSON_TYPE}\r\n`;
      const missing = `DELETE /missing HTTP/1.1\r\n${HEAD}${JSON_TYPE}\r\n`;
      assert.deepEqual(
        await read(`${empty}${missing}${empty}GET /text HTTP/1.1\r\n${HEAD}\r\n`, 4),
        [200, 404, 200, 200],
      );
    });

    it("stops at once afterwards", async () => {
      const socket = connect(port, "127.0.0.1").on("error", () => undefined);
      socket.write(`POST /any HTTP/1.1\r\n${HEAD}${JSON_TYPE}\r\n`);
      await waitUntil("its line is there", () => lines.some(({ route }) => route === "/any"));
      const begun = performance.now();
      await http.close();
      assert.ok(performance.now() - begun < 1000);
      socket.destroy();
    });

    it("lets a handler that reads the request itself see its end", async () => {
      for (const method of ["POST", "DELETE"])
        assert.deepEqual(await read(`${method} /raw HTTP/1.1\r\n${HEAD}\r\n`), [200], method);
    });
  });

  const refused: [string, string, number][] = [
    ["two Host headers", `GET /text HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n`, 400],
    ["one Host header twice", `GET /text HTTP/1.1\r\n${HEAD}${HEAD}\r\n`, 400],
    ["no Host header", "GET /text HTTP/1.1\r\n\r\n", 400],
    ["a Host that is none", "GET /text HTTP/1.1\r\nhost: a/b@c\r\n\r\n", 400],
    ["version 2.0", `GET /text HTTP/2.0\r\n${HEAD}\r\n`, 400],
    ["version 0.9", `GET /text HTTP/0.9\r\n${HEAD}\r\n`, 400],
    ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400],
    [
      "a coding before chunked",
      `POST /any HTTP/1.1\r\n${HEAD}${JSON_TYPE}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`,
      400,
    ],
    ["another coding", `POST /any HTTP/1.1\r\n${HEAD}transfer-encoding: gzip\r\n\r\n`, 400],
    ["an unknown expectation", `GET /text HTTP/1.1\r\n${HEAD}expect: 200-ok\r\n\r\n`, 417],
    ["an unknown method", `BREW /text HTTP/1.1\r\n${HEAD}\r\n`, 400],
    ["a header without a colon", `GET /text HTTP/1.1\r\n${HEAD}nonsense\r\n\r\n`, 400],
    ["headers of 100 KB", `GET /text HTTP/1.1\r\n${HEAD}x: ${"x".repeat(100_000)}\r\n\r\n`, 431],
    ["a malformed path", `GET /%zz HTTP/1.1\r\n${HEAD}\r\n`, 400],
    ["a tunnel", "CONNECT localhost:1 HTTP/1.1\r\nhost: localhost:1\r\n\r\n", 400],
    ["an asterisk", `OPTIONS * HTTP/1.1\r\n${HEAD}\r\n`, 404],
  ];
  for (const [what, bytes, status] of refused) {
    it(`answers ${status} in the envelope to ${what}, logs it and counts it`, async () => {
      assert.deepEqual(await read(bytes), [status]);
      await waitUntil("its line is there", () => lines.some((line) => line.status === status));
      const [metrics] = await exchange(port, `GET /metrics HTTP/1.1\r\n${HEAD}\r\n`);
      const counted = [...metrics!.body.matchAll(/^http_requests_total\{(.*)\} (\d+)$/gm)].filter(
        ([, labels, count]) => labels!.includes(`status="${status}"`) && count === "1",
      );
      assert.equal(counted.length, 1, metrics!.body.match(/^http_requests_total.*$/gm)?.join("\n"));
    });
  }

  it("takes TE, a list of empty members and HTTP/1.0 as the standard says", async () => {
    assert.deepEqual(await read(`GET /text HTTP/1.1\r\n${HEAD}te: gzip, chunked\r\n\r\n`), [200]);
    assert.deepEqual(await read(`GET http://localhost/text HTTP/1.1\r\n${HEAD}\r\n`), [200]);
    assert.deepEqual(await read("GET /text HTTP/1.0\r\n\r\n"), [200]);
  });

  it("answers 400 to a body that is no chunk, at once", async () => {
    const bytes = `POST /strict HTTP/1.1\r\n${HEAD}${JSON_TYPE}transfer-encoding: chunked\r\n\r\nzz\r\n`;
    assert.deepEqual(await read(bytes), [400]);
  });

  it("answers the request before an unreadable one first", async () => {
    assert.deepEqual(await read(`GET /slow HTTP/1.1\r\n${HEAD}\r\nGARBAGE\r\n\r\n`, 2), [200, 400]);
  });

  it("has as many series after 200 hostile heads as after ten (PLT-7)", async () => {
    const series = async () => {
      const [metrics] = await exchange(port, `GET /metrics HTTP/1.1\r\n${HEAD}\r\n`);
      return metrics!.body.split("\n").filter((line) => line.startsWith("http_requests_total")).length;
    };
    const hostile = async (from: number, to: number) => {
      for (let n = from; n < to; n++) {
        const bytes = [
          `M${n} /p${n} HTTP/1.1\r\n${HEAD}\r\n`,
          `GET /%zz${n} HTTP/1.1\r\n${HEAD}\r\n`,
          `PROPFIND /p${n} HTTP/1.1\r\n${HEAD}\r\n`,
          `GET /text HTTP/1.1\r\nhost: h${n}/\r\n\r\n`,
        ];
        await exchange(port, bytes[n % 4] as string);
      }
    };
    await hostile(0, 10);
    await series();
    const before = await series();
    await hostile(10, 200);
    assert.equal(await series(), before);
  });

  describe("with a list of its hosts", () => {
    beforeEach(async () => {
      await http.close();
      await start(["wallet.test", "Plinth.Example"]);
    });
    const get = (host: string, path = "/text") => read(`GET ${path} HTTP/1.1\r\nhost: ${host}\r\n\r\n`);

    it("answers under the loopback's names and its own, with any port", async () => {
      for (const host of [
        ...["localhost", "LOCALHOST:8082", "127.0.0.1:1", "[::1]", "[::1]:9", "wallet.localhost:80", "a.b.localhost"],
        ...["wallet.test:8443", "plinth.example"],
      ])
        assert.deepEqual(await get(host), [200], host);
    });

    it("answers 421 under any other, on every path", async () => {
      for (const host of [
        ...["evil.example", "evil.example:8082", "localhost.evil.example", "evillocalhost", "127.0.0.1.evil.example"],
        ...["127.0.0.2", "[::2]", "", ".localhost", "localhost.", "x.wallet.test", "2130706433"],
      ])
        assert.deepEqual(await get(host), [421], host);
      for (const path of ["/metrics", "/openapi.json", "/swagger", "/missing"])
        assert.deepEqual(await get("evil.example", path), [421], path);
      assert.deepEqual(await read("GET /text HTTP/1.0\r\n\r\n"), [421]);
    });

    it("judges the name in the request's target, if it has one", async () => {
      assert.deepEqual(await get("localhost", "http://evil.example/text"), [421]);
      assert.deepEqual(await get("localhost", "http://localhost@evil.example/text"), [421]);
      assert.deepEqual(await get("evil.example", "http://localhost/text"), [200]);
    });
  });
});
