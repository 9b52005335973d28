import assert from "node:assert/strict";
import { createLogger } from "@plinth/kit/core/logger.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { createHttpServer, type HttpServerSettings } from "@plinth/kit/http/server.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import * as Type from "typebox";
import { waitUntil } from "../../../../support/eventually.ts";

interface Line {
  correlation_id?: string;
  trace_id?: string;
  msg: string;
  [field: string]: unknown;
}

/** A server with the route `/things/{id}`, and the lines that it logs. */
async function server(more: Partial<HttpServerSettings> = {}): Promise<{ http: HttpServer; lines: Line[] }> {
  const lines: Line[] = [];
  const logger = createLogger(
    { service: "test", version: "1", level: "info" },
    { write: (text: string) => void lines.push(JSON.parse(text) as Line) },
  );
  const metrics = createMetrics("test", "1");
  const http = await createHttpServer({
    title: "Test",
    description: "For tests",
    version: "1",
    logger,
    metrics,
    ...more,
  });
  http.get(
    "/things/:id",
    { schema: { summary: "Read a thing", params: Type.Object({ id: Type.String({ format: "uuid" }) }) } },
    (request) => {
      request.log.info("reading");
      return { id: request.params.id };
    },
  );
  http.get("/broken", () => {
    throw new Error("the secret reason");
  });
  return { http, lines };
}

const id = "6f1c2d3e-4b5a-4987-8a6b-0c1d2e3f4a5b";

describe("HTTP server", () => {
  it("answers 405 with Allow where a path has other methods, and 404 where it has none", async () => {
    const { http } = await server();
    http.put("/files/*", () => ({}));
    const cases: [method: string, url: string, status: number, allow: string | undefined][] = [
      ["PATCH", `/things/${id}?x=1`, 405, "GET, HEAD"],
      ["OPTIONS", "/broken", 405, "GET, HEAD"],
      ["PROPFIND", "/broken", 405, "GET, HEAD"],
      ["QUERY", "/broken", 405, "GET, HEAD"],
      ["QUERY", "/none", 404, undefined],
      ["GET", "/files/a/b", 405, "PUT"],
      ["GET", "/things", 404, undefined],
      ["GET", "/brokenn", 404, undefined],
    ];
    for (const [method, url, status, allow] of cases) {
      const answer = await http.inject({ method: method as "GET", url });
      const code = status === 405 ? "method_not_allowed" : "not_found";
      assert.deepEqual([answer.statusCode, answer.headers.allow, answer.json().error.code], [status, allow, code], url);
    }
  });

  it("refuses to start with an invalid route schema", async () => {
    for (const minimum of ["1", {}]) {
      const { http } = await server();
      http.post(
        "/bad",
        { schema: { body: { type: "object", properties: { amount: { type: "number", minimum } } } } },
        () => ({}),
      );
      await assert.rejects(async () => await http.ready(), /minimum value must be \["number"\]/);
    }
    const { http } = await server();
    http.post("/bad", { schema: { body: { type: "object", propertys: {} } } }, () => ({}));
    await assert.rejects(async () => await http.ready(), /unknown keyword: "propertys"/);
  });

  it("gives each line of a request its ids and the route's pattern, never its path (SDG-7)", async () => {
    const { http, lines } = await server();
    const headers = {
      "x-correlation-id": "order-7",
      traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    const answer = await http.inject({ url: `/things/${id}`, headers });
    assert.equal(answer.headers["x-correlation-id"], "order-7");
    await waitUntil("both lines are there", async () => lines.length === 2);
    for (const line of lines) {
      assert.equal(line.correlation_id, "order-7");
    }
    assert.deepEqual(
      lines.map(({ msg, route, status }) => ({ msg, route, status })),
      [
        { msg: "reading", route: undefined, status: undefined },
        { msg: "request", route: "/things/:id", status: 200 },
      ],
    );
    const metrics = (await http.inject("/metrics")).body;
    assert.match(metrics, /http_request_duration_seconds_count\{.*route="\/things\/:id".*status="200".*\} 1/);
    assert.doesNotMatch(metrics, new RegExp(id));
  });

  it("creates a correlation id when the client sends none or one that a log cannot hold", async () => {
    const { http } = await server();
    for (const headers of [{}, { "x-correlation-id": 'a"} {"level":"fatal' }]) {
      const answer = await http.inject({ url: `/things/${id}`, headers });
      assert.match(String(answer.headers["x-correlation-id"]), /^[0-9a-f-]{36}$/);
    }
  });

  it("answers a failure with the envelope and keeps its reason for the log", async () => {
    const { http, lines } = await server();
    const answer = await http.inject({ url: "/broken", headers: { "x-correlation-id": "b-1" } });
    assert.equal(answer.statusCode, 500);
    assert.deepEqual(Object.keys(answer.json<object>()), ["error"]);
    assert.equal(answer.json<{ error: { code: string } }>().error.code, "internal");
    assert.doesNotMatch(answer.body, /secret reason/);
    assert.ok(
      lines.some(
        ({ msg, correlation_id, err }) =>
          msg === "request failed" && correlation_id === "b-1" && JSON.stringify(err).includes("secret reason"),
      ),
    );
  });

  it("shows Swagger UI of its own document (PIN-8, SDG-7)", async () => {
    const { http } = await server();
    const page = await http.inject("/swagger");
    assert.equal(page.statusCode, 200, page.body);
    assert.match(page.body, /swagger-ui/);
    for (const [, asset] of page.body.matchAll(/(?:src|href)="(\.[^"]+)"/g)) {
      const { pathname } = new URL(asset!, "http://x/swagger");
      assert.equal((await http.inject(pathname)).statusCode, 200, pathname);
    }
    const document = (await http.inject("/swagger/json")).json<{ paths: object; info: { title: string } }>();
    assert.equal(document.info.title, "Test");
    assert.deepEqual(document, (await http.inject("/openapi.json")).json());
    assert.ok("/things/{id}" in document.paths);
  });

  it("lets pages of the named origins call it and no others", async () => {
    const { http } = await server({ corsOrigins: ["https://shop.example"] });
    const preflight = (origin: string) =>
      http.inject({
        method: "OPTIONS",
        url: `/things/${id}`,
        headers: { origin, "access-control-request-method": "GET" },
      });
    assert.equal(
      (await preflight("https://shop.example")).headers["access-control-allow-origin"],
      "https://shop.example",
    );
    assert.equal((await preflight("https://evil.example")).headers["access-control-allow-origin"], undefined);
    const methods = String((await preflight("https://shop.example")).headers["access-control-allow-methods"]).split(
      /, ?/,
    );
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"])
      assert.ok(methods.includes(method), `${method} of ${methods}`);
    const { headers } = await http.inject({ url: "/missing", headers: { origin: "https://shop.example" } });
    assert.match(String(headers["access-control-expose-headers"]), /x-correlation-id.*retry-after/);
    const { http: closed } = await server();
    assert.equal(
      (await closed.inject({ url: `/things/${id}`, headers: { origin: "https://shop.example" } })).headers[
        "access-control-allow-origin"
      ],
      undefined,
    );
  });
});
