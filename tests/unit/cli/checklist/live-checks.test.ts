import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { runChecks } from "../../../../cli/checklist/check.ts";
import { liveChecks } from "../../../../cli/checklist/live-checks.ts";
import type { ServiceDescriptor } from "../../../../components/service/descriptor-rule.ts";
import { failures, inspectSample, withDescriptor } from "../../../support/checklist/sample-service.ts";
import { temporaryFolder } from "../../../support/sample-repositories.ts";

describe("the checks of a running service (SDG-8)", () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const document = {
    openapi: "3.0.3",
    info: { title: "Orders", version: "1" },
    paths: {
      "/orders/{id}": {
        get: { parameters: [{ name: "id", in: "path" }], responses: { 200: { description: "it" } } },
      },
    },
  };
  const metrics = (labels: string) =>
    `# TYPE shop_http_requests_total counter\nshop_http_requests_total{${labels}} 1\n` +
    `shop_http_request_duration_seconds_bucket{${labels},le="+Inf"} 1\n`;
  const line = ({ headers }: http.IncomingMessage) => ({
    level: "info",
    time: "2026-10-01T12:00:00.000Z",
    service: "orders",
    correlation_id: headers["x-correlation-id"] ?? "none",
    trace_id: String(headers.traceparent).split("-")[1],
    msg: "request",
  });
  type Answers = Record<
    string,
    (request: http.IncomingMessage, response: http.ServerResponse, log: (line: string) => void) => void
  >;
  const healthy: Answers = {
    "/health": (_, response) => response.end("ok"),
    "/ready": (_, response) => response.end("ok"),
    "/metrics": (_, response) => response.end(metrics('method="GET",route="none",status="404"')),
    "/openapi.json": (_, response) => response.end(JSON.stringify(document)),
    "": (request, response, log) => {
      log(JSON.stringify(line(request)));
      response.writeHead(/^[1-9]\d*$/.test(String(request.headers["x-tenant-id"])) ? 200 : 400).end();
    },
  };

  const logging =
    (line: string, status: number): Answers[string] =>
    (_, response, log) => {
      log(line);
      response.writeHead(status).end();
    };

  async function judge(changes: Answers, change: Partial<ServiceDescriptor> = {}) {
    const answers = { ...healthy, ...changes };
    let log = "";
    const server = http.createServer((request, response) => {
      const answer = answers[request.url ?? ""] ?? answers[""]!;
      answer(request, response, (line) => {
        log += `${line}\n`;
      });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const live = { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log: () => log };
      return failures(await runChecks(liveChecks, { ...inspectSample(folder, withDescriptor(change)), ...live }));
    } finally {
      server.closeAllConnections();
      server.close();
    }
  }

  it("are skipped while the service does not run", async () => {
    const results = await runChecks(liveChecks, inspectSample(folder));
    for (const { result } of results) assert.match((result as { skipped: string }).skipped, /does not run here/);
  });

  it("pass for a service that answers correctly", async () => assert.deepEqual(await judge({}), []));

  let lastPath = "";
  const broken: [check: string, changes: Answers, sentence: RegExp][] = [
    [
      "its probes answer",
      { "/ready": (_, response) => response.writeHead(503).end() },
      /the ready probe \/ready answers 503/,
    ],
    ["its probes answer", { "/health": (_, response) => void response.destroy() }, /it could not be checked: /],
    [
      "a request without its tenant is refused",
      { "": (_, response) => response.end("all of it") },
      /GET \/orders\/\{id\} without X-Tenant-Id answers 200, but must answer 400/,
    ],
    [
      "a request without its tenant is refused",
      { "": ({ headers }, response) => response.writeHead(headers["x-tenant-id"] ? 200 : 400).end() },
      /with X-Tenant-Id: abc answers 200/,
    ],
    [
      "a request without its tenant is refused",
      { "/openapi.json": (_, response) => response.end("{}") },
      /names no route that could be tried/,
    ],
    [
      "its metrics can be read",
      { "/metrics": (_, response) => response.writeHead(404).end() },
      /\/metrics answers 404/,
    ],
    [
      "its metrics can be read",
      { "/metrics": (_, response) => response.end("<html>") },
      /line 1 is not a sample: <html>/,
    ],
    ["its metrics can be read", { "/metrics": (_, response) => response.end("# nothing\n") }, /it has no sample/],
    [
      "its metrics count requests as the dashboards read them",
      { "/metrics": (_, response) => response.end("up 1\n") },
      /no http_requests_total[\s\S]*no http_request_duration_seconds_bucket/,
    ],
    [
      "its metrics count requests as the dashboards read them",
      { "/metrics": (_, response) => response.end(metrics('method="GET",path="/a",status="404"')) },
      /http_requests_total has no label 'route'/,
    ],
    [
      "its metrics count requests as the dashboards read them",
      {
        "/metrics": (_, response) => response.end(metrics(`method="GET",route="${lastPath}",status="404"`)),
        "": ({ url }, response) => {
          lastPath = url ?? "";
          response.writeHead(404).end();
        },
      },
      /a path that a client invents becomes a label/,
    ],
    [
      "its log lines have the platform's fields",
      {
        "": (request, response, log) => {
          const { time: _, trace_id: __, ...rest } = line(request);
          log(JSON.stringify(rest));
          response.writeHead(400).end();
        },
      },
      /has no 'time'[\s\S]*lacks the trace of its header 'traceparent'/,
    ],
    ["its OpenAPI document is valid", { "/openapi.json": (_, response) => response.end("<html>") }, /is not JSON/],
    [
      "its OpenAPI document is valid",
      { "/openapi.json": (_, response) => response.end('{ "openapi": "2.0", "paths": {} }') },
      /'openapi' is "2\.0"[\s\S]*'info' needs a title[\s\S]*'paths' names no route/,
    ],
    [
      "its OpenAPI document is valid",
      {
        "/openapi.json": (_, response) =>
          response.end(JSON.stringify({ ...document, paths: { "/orders/{id}": { get: {} } } })),
      },
      /GET \/orders\/\{id\} names no response[\s\S]*does not describe its parameter id/,
    ],
    [
      "its log is JSON, with the request's correlation id",
      { "": logging("GET /orders", 400) },
      /a line of its log is not a JSON object: GET \/orders/,
    ],
    [
      "its log is JSON, with the request's correlation id",
      { "": logging("{}", 400) },
      /no line of its log has the X-Correlation-Id/,
    ],
  ];
  for (const [check, changes, sentence] of broken)
    it(`'${check}' fails: ${String(sentence).slice(1, 60)}`, async () => {
      const failed = await judge(changes);
      const result = failed.find(({ name }) => name === check)?.result;
      assert.ok(Array.isArray(result), `only ${failed.map(({ name }) => name)} failed`);
      assert.match(result.join("\n"), sentence);
    });

  it("accept a request without a tenant where there is a default one, but no malformed tenant", async () => {
    const open: Answers = {
      "": (request, response, log) => {
        log(JSON.stringify(line(request)));
        response.writeHead(request.headers["x-tenant-id"] === undefined ? 200 : 400).end();
      },
    };
    assert.deepEqual(await judge(open, { tenant: "optional" }), []);
    assert.match(
      JSON.stringify(await judge({ "": logging("{}", 200) }, { tenant: "optional" })),
      /with X-Tenant-Id: abc answers 200/,
    );
  });
});
