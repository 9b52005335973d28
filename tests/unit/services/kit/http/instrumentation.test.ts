import assert from "node:assert/strict";
import { type AddressInfo, connect } from "node:net";
import { text } from "node:stream/consumers";
import { setImmediate } from "node:timers/promises";
import { createLogger, type Logger } from "@plinth/kit/core/logger.ts";
import { currentBaggage, currentCorrelationId, currentTrace } from "@plinth/kit/core/trace-context.ts";
import type { HttpServer } from "@plinth/kit/http/fastify.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { requireTenant } from "@plinth/kit/http/tenant.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { startOtlpReceiver } from "../../../../support/kit/otlp-receiver.ts";

type Line = Record<string, unknown>;

describe("HTTP instrumentation (SDG-7)", () => {
  let lines: Line[];
  let logger: Logger;
  let metrics: Metrics;
  let http: HttpServer;

  beforeEach(async () => {
    lines = [];
    const write = (line: string) => void lines.push(JSON.parse(line) as Line);
    logger = createLogger({ service: "test", version: "1", level: "info" }, { write });
    metrics = createMetrics("test", "1");
    http = await createHttpServer({
      title: "Test",
      description: "",
      version: "1",
      logger,
      metrics,
      tracing: createTracing({ service: "test", version: "1" }),
    });
  });
  afterEach(() => http.close());

  it("records one line and one observation for each request, under its route", async () => {
    http.get("/things/:id", () => ({}));
    http.register(
      async (scope) => {
        scope.put("/things/:id", (_request, reply) => reply.code(204).send());
        scope.get("/broken", () => {
          throw new Error("no");
        });
      },
      { prefix: "/inner" },
    );
    const requests = [
      ["GET", "/things/1", "/things/:id", 200],
      ["GET", "/things/2", "/things/:id", 200],
      ["HEAD", "/things/1", "/things/:id", 200],
      ["PUT", "/inner/things/1", "/inner/things/:id", 204],
      ["GET", "/inner/broken", "/inner/broken", 500],
      ["GET", "/inner/nothing", "none", 404],
      ["DELETE", "/things/1", "none", 405],
    ] as const;
    for (const [method, url] of requests) await http.inject({ method, url });
    await waitUntil(
      "each has its line",
      async () => lines.filter(({ msg }) => msg === "request").length >= requests.length,
    );
    assert.deepEqual(
      lines.filter(({ msg }) => msg === "request").map(({ method, route, status }) => [method, route, status]),
      requests.map(([method, , route, status]) => [method, route, status]),
    );
    const expected = Map.groupBy(requests, ([method, , route, status]) => `${method} ${route} ${status}`);
    const printed = [
      ...(await metrics.registry.metrics()).matchAll(/^http_request_duration_seconds_count\{(.*)\} (\d+)$/gm),
    ];
    assert.deepEqual(
      printed.map(([, labels, count]) => {
        const [method, route, status] = ["method", "route", "status"].map(
          (name) => new RegExp(`${name}="([^"]*)"`).exec(labels!)![1],
        );
        return [`${method} ${route} ${status}`, Number(count)];
      }),
      [...expected].map(([what, all]) => [what, all.length]),
    );
  });

  it("keeps the ids of requests apart that arrive in one packet, and drops them afterwards", async () => {
    http.get("/slow/:id", async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      logger.info("in a handler that knows nothing of its request");
      return {};
    });
    await http.listen({ host: "127.0.0.1", port: 0 });
    const { port } = http.server.address() as AddressInfo;
    const socket = connect(port, "127.0.0.1");
    const get = (id: string, connection: string) =>
      `GET /slow/${id} HTTP/1.1\r\nHost: x\r\nX-Correlation-Id: ${id}\r\nConnection: ${connection}\r\n\r\n`;
    socket.write(get("a", "keep-alive") + get("b", "keep-alive") + get("c", "close"));
    await text(socket);
    await waitUntil("each has its lines", async () => lines.length === 6);
    const idsOf = (message: string) =>
      lines
        .filter(({ msg }) => msg === message)
        .map(({ correlation_id, trace_id }) => `${correlation_id} ${trace_id}`)
        .sort();
    assert.equal(new Set(idsOf("request")).size, 3);
    assert.deepEqual(idsOf("in a handler that knows nothing of its request"), idsOf("request"));
    assert.deepEqual([currentTrace(), currentCorrelationId()], [undefined, undefined]);
  });

  it("counts requests of probes and scrapers without logging them", async () => {
    await http.inject("/metrics");
    assert.match(
      (await http.inject("/metrics")).body,
      /http_request_duration_seconds_count\{.*route="\/metrics".*\} 1/,
    );
    assert.deepEqual(lines, []);
  });

  it("records spans with OpenTelemetry's names, without a route where none matches", async () => {
    const receiver = await startOtlpReceiver();
    const tracing = createTracing({ service: "test", version: "1", endpoint: receiver.endpoint });
    const recorded = await createHttpServer({ title: "Test", description: "", version: "1", logger, metrics, tracing });
    recorded.get("/things/:id", () => ({}));
    const headers = {
      traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01`,
      tracestate: "vendor=1",
    };
    try {
      await recorded.inject({ url: "/things/7?token=hunter2", headers });
      await recorded.inject({ url: "/nothing", headers });
      await recorded.close();
      await tracing.close();
    } finally {
      await receiver.close();
    }
    const common = { "http.request.method": "GET", "url.scheme": "http" };
    assert.deepEqual(
      receiver.spans.map(({ name, kind, parentSpanId, traceState, attributes }) => [
        name,
        kind,
        parentSpanId,
        traceState,
        attributes,
      ]),
      [
        [
          "GET /things/:id",
          2,
          "2".repeat(16),
          undefined,
          { ...common, "http.route": "/things/:id", "http.response.status_code": 200 },
        ],
        ["GET", 2, "2".repeat(16), undefined, { ...common, "http.response.status_code": 404 }],
      ],
    );
  });

  it("begins no trace with a probe or a scrape, and records one that a caller samples", async () => {
    const receiver = await startOtlpReceiver();
    const tracing = createTracing({ service: "test", version: "1", endpoint: receiver.endpoint });
    const probed = await createHttpServer({ title: "Test", description: "", version: "1", logger, metrics, tracing });
    probed.get("/ready", (_request, reply) => reply.code(503).send({}));
    probed.get("/things", () => ({}));
    const traceparent = `00-${"1".repeat(32)}-${"2".repeat(16)}-01`;
    try {
      for (const url of ["/ready", "/metrics", "/things"]) await probed.inject({ url });
      await probed.inject({ url: "/ready", headers: { traceparent } });
      await probed.close();
      await tracing.close();
    } finally {
      await receiver.close();
    }
    assert.deepEqual(
      receiver.spans.map(({ name, parentSpanId }) => [name, parentSpanId]),
      [
        ["GET /things", undefined],
        ["GET /ready", "2".repeat(16)],
      ],
    );
  });

  it("prints a declared success as 0 before its first request, so that its rate is seen (SHOP-4)", async () => {
    const schema = { response: { 201: { type: "object" }, 409: { type: "object" } } };
    http.post("/orders", { schema }, (_request, reply) => reply.code(201).send({}));
    await http.ready();
    const orders = async () =>
      (await metrics.registry.metrics())
        .split("\n")
        .filter((line) => line.startsWith("http_requests_total{") && line.includes('route="/orders"'))
        .map((line) => line.replace(/,service=.*\}/, "}"));
    assert.deepEqual(await orders(), ['http_requests_total{method="POST",route="/orders",status="201"} 0']);
    await http.inject({ method: "POST", url: "/orders" });
    assert.deepEqual(await orders(), ['http_requests_total{method="POST",route="/orders",status="201"} 1']);
  });

  it("names the tenant in a request's lines and span, and counts for it, once it is known (OBS-5)", async () => {
    const receiver = await startOtlpReceiver();
    const tracing = createTracing({ service: "test", version: "1", endpoint: receiver.endpoint });
    const served = await createHttpServer({ title: "Test", description: "", version: "1", logger, metrics, tracing });
    await served.register(
      async (api: HttpServer) => {
        requireTenant(api, { knows: (tenantId) => (tenantId === 8 ? Promise.resolve(true) : tenantId === 7) });
        api.get("/things", async (request) => {
          request.log.info("by the request's logger");
          await setImmediate();
          logger.info("by a part that knows no request");
          return {};
        });
      },
      { prefix: "/api" },
    );
    try {
      for (const tenant of ["7", "8", "9", "x", undefined])
        await served.inject({ url: "/api/things", headers: tenant === undefined ? {} : { "x-tenant-id": tenant } });
      await served.close();
      await tracing.close();
    } finally {
      await receiver.close();
    }
    assert.deepEqual(
      lines.map(({ tenant_id, msg, status }) => [tenant_id, msg, status]),
      [
        ...[7, 8].flatMap((tenant) => [
          [tenant, "by the request's logger", undefined],
          [tenant, "by a part that knows no request", undefined],
          [tenant, "request", 200],
        ]),
        ...["unknown", "malformed", "missing"].map(() => [undefined, "request", 400]),
      ],
    );
    assert.deepEqual(
      receiver.spans.map(({ attributes }) => attributes["tenant.id"]),
      [7, 8, undefined, undefined, undefined],
    );
    for (const { span_id, trace_id } of lines)
      assert.ok(receiver.spans.some(({ spanId, traceId }) => spanId === span_id && traceId === trace_id));
    const printed = [...(await metrics.registry.metrics()).matchAll(/^tenant_requests_total\{(.*),service.* (\d)$/gm)];
    assert.deepEqual(
      printed.filter(([, , count]) => count !== "0").map(([, labels, count]) => [labels, count]),
      [
        ['tenant_id="7",outcome="ok"', "1"],
        ['tenant_id="8",outcome="ok"', "1"],
      ],
    );
  });

  it("counts unknown methods as one, however many a stranger sends", async () => {
    await http.listen({ host: "127.0.0.1", port: 0 });
    const { port } = http.server.address() as AddressInfo;
    for (const method of ["PROPFIND", "MKCOL", "PURGE", "REPORT"]) {
      const socket = connect(port, "127.0.0.1");
      socket.write(`${method} /${method} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`);
      assert.match(await text(socket), /^HTTP\/1.1 404/);
    }
    await waitUntil("each has its line", async () => lines.length === 4);
    assert.deepEqual(new Set(lines.map(({ method }) => method)), new Set(["_OTHER"]));
    const printed = [...(await metrics.registry.metrics()).matchAll(/^http_requests_total\{(.*)\} (\d+)$/gm)];
    assert.deepEqual(
      printed.map(([, labels, count]) => [/method="([^"]*)"/.exec(labels!)?.[1], count]),
      [["_OTHER", "4"]],
    );
  });

  it("gives handlers the request's baggage to pass on", async () => {
    http.get("/baggage", () => ({ baggage: currentBaggage() }));
    const { body } = await http.inject({ url: "/baggage", headers: { baggage: "plan=gold" } });
    assert.deepEqual(JSON.parse(body), { baggage: "plan=gold" });
  });
});
