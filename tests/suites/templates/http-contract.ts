import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { lintDocument } from "../../../dev/openapi/lint.ts";
import { waitUntil } from "../../support/eventually.ts";
import { readImage, values } from "./builds.ts";
import { metric, noticesOf, OTHER_TENANT, TENANT, TRACE, TRACEPARENT } from "./events.ts";
import { checkCommands } from "./languages.ts";
import { startService } from "./running-service.ts";
import type { TemplateSubject } from "./subject.ts";

export const tenant = { "x-tenant-id": String(TENANT) };
const HEAD = "host: localhost\r\nconnection: close\r\n";
export const notice = JSON.stringify({ type: "DISK_FULL", text: "Диск полон – 硬盘 – قرص 🪣" });

/** The contract of every template; the service is ready. */
export function httpContract(at: TemplateSubject): void {
  it("passes its own checks", () => {
    for (const [program, ...args] of checkCommands(at.built.language)) {
      const { status, stdout, stderr } = spawnSync(program, args, { cwd: at.built.folder, encoding: "utf8" });
      assert.equal(status, 0, `${program} ${args.join(" ")}: ${stdout}${stderr}`);
    }
  });

  it("names every fault of its environment in one message, repeats no value, and ends", async () => {
    const refused = await startService(at.built, { KAFKA_BROKERS: "s3cret", PORT: "http", LOG_LEVEL: "loud" });
    const [code] = await refused.ended;
    assert.equal(code, 1);
    const needsEvents = at.built.descriptor.needs.includes("broker");
    for (const name of ["PORT", "LOG_LEVEL", ...(needsEvents ? ["KAFKA_BROKERS"] : [])])
      assert.match(refused.err, new RegExp(`^  ${name} must be `, "m"));
    if (needsEvents) assert.match(refused.err, /^ {2}SCHEMA_REGISTRY_URL is missing$/m);
    assert.doesNotMatch(refused.err, /s3cret|loud/);
  });

  it("answers under the names of ALLOWED_HOSTS and the loopback's only, in the envelope (SDG-5)", async () => {
    const { service } = at;
    for (const host of ["localhost", `127.0.0.1:${service.port}`, "[::1]", "a.localhost:80", "Shop.Test:81"])
      assert.equal((await service.call("GET", "/health", { headers: { host } })).status, 200, host);
    for (const host of ["evil.example", "evil.example:80", "localhost.evil.example", ".localhost", "127.0.0.2"])
      for (const path of ["/health", "/metrics", "/api/v1/notices"]) {
        const { status, body } = await service.call("GET", path, { headers: { ...tenant, host } });
        assert.deepEqual([status, body.error?.code], [421, "misdirected_request"], `${host}${path}`);
      }
  });

  it("is alive and ready once everything is there (SDG-3)", async () => {
    assert.deepEqual((await at.service.call("GET", "/health")).body, { status: "ok" });
    const checks = Object.fromEntries(at.built.descriptor.needs.map((need) => [need, "up"]));
    assert.deepEqual((await at.service.call("GET", "/ready")).body, { status: "ready", checks });
  });

  it("rejects requests without a tenant or with a malformed one (SDG-5)", async () => {
    const numbers = [
      "abc",
      "0",
      "-1",
      "1.5",
      "1e3",
      "010",
      "0x10",
      "9007199254740993",
      "99999999999999999999",
      "١٢",
      "1, 2",
    ];
    const cases: [string | undefined, string][] = [
      [undefined, "tenant_required"],
      ["", "tenant_required"],
      ...numbers.map((bad): [string, string] => [bad, "tenant_invalid"]),
    ];
    for (const [given, code] of cases) {
      const headers: Record<string, string> =
        given === undefined ? {} : { "x-tenant-id": Buffer.from(given).toString("latin1") };
      for (const [method, body] of [["GET"], ["POST", notice]] as const) {
        const answer = await at.service.call(method, "/api/v1/notices", { headers, ...(body && { body }) });
        assert.deepEqual([answer.status, answer.body.error?.code], [400, code], `${method} ${given}`);
        assert.equal(answer.body.error.correlation_id, answer.headers["x-correlation-id"]);
        assert.equal(typeof answer.body.error.message, "string");
      }
    }
  });

  it("rejects a request with two tenants, whichever comes first (SDG-5)", async () => {
    const numbers = [String(TENANT), String(TENANT + 1)];
    for (const two of [numbers, numbers.toReversed(), [...numbers, numbers[0]!.padStart(6, "0")]]) {
      for (const [method, body] of [["GET"], ["POST", notice]] as const) {
        const headers = { "x-tenant-id": two };
        const answer = await at.service.call(method, "/api/v1/notices", { headers, ...(body && { body }) });
        assert.deepEqual([answer.status, answer.body.error?.code], [400, "tenant_invalid"], `${method} ${two}`);
      }
    }
  });

  it("rejects what is not well-formed HTTP at once, Node and PHP in the error envelope", async () => {
    const requests = {
      "a malformed path": "GET /%zz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n",
      "no host": "GET /health HTTP/1.1\r\nconnection: close\r\n\r\n",
      "two hosts": "GET /health HTTP/1.1\r\nhost: a\r\nhost: b\r\nconnection: close\r\n\r\n",
      "no method": "\u0001 /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
    };
    for (const [what, request] of Object.entries(requests)) {
      const answer = await exchange(at.service.port, request);
      // Python's server takes any path.
      if (!(at.built.language === "python" && what === "a malformed path"))
        assert.match(answer, /^HTTP\/1\.1 400 /, what);
      if (["node", "php"].includes(at.built.language))
        assert.match(answer, /x-correlation-id: [\s\S]*\{"error":\{"code":"invalid_request","message":"/i, what);
    }
  });

  it("answers any target in the envelope, without a redirect and without a word of its inside", async () => {
    const targets = ["//health", "//evil.example/health", "///", "/x/../health", "/health/", "/health//", "/%ff%fe"];
    for (const target of targets) {
      const answer = await exchange(at.service.port, `GET ${target} HTTP/1.1\r\n${HEAD}\r\n`);
      assert.match(answer, /^HTTP\/1\.1 (404|400) [\s\S]*"error":\s?\{"code":"(not_found|invalid_request)"/, target);
      assert.doesNotMatch(answer, /^location:/im, target);
    }
    for (const odd of ["GET /\xff\xfe", "OPTIONS *", "CONNECT localhost:80", "GET http://evil.example/zz"]) {
      const answer = await exchange(at.service.port, `${odd} HTTP/1.1\r\n${HEAD}\r\n`);
      if (answer !== "") assert.match(answer, /^HTTP\/1\.1 (400|404|405|421) /, odd);
      assert.doesNotMatch(answer, /Fatal|Exception|Traceback|\.php|\.go:/, odd);
    }
    if (at.built.language !== "php") assert.equal(at.service.err, "");
  });

  it("refuses a body by its declared length, and does not wait for it", async () => {
    const type = "content-type: application/json\r\n";
    const answer = await exchange(
      at.service.port,
      `POST /api/v1/notices HTTP/1.1\r\n${HEAD}${type}x-tenant-id: ${TENANT}\r\ncontent-length: 99999999\r\n\r\n{`,
    );
    assert.match(answer, /^HTTP\/1\.1 413 [\s\S]*"code":"payload_too_large"/);
  });

  it("rejects invalid notices in the error envelope", async () => {
    const cases: [string, number, string][] = [
      ["{", 400, "invalid_request"],
      ["[]", 400, "invalid_request"],
      ["null", 400, "invalid_request"],
      ['{"type":"DISK_FULL"}', 400, "invalid_request"],
      ['{"type":"disk full","text":"x"}', 400, "invalid_request"],
      ['{"type":"DISK_FULL\\n","text":"x"}', 400, "invalid_request"],
      ['{"type":"DISK_FULL","text":""}', 400, "invalid_request"],
      ['{"type":"DISK_FULL","text":7}', 400, "invalid_request"],
      ['{"type":"DISK_FULL","text":"x","more":1}', 400, "invalid_request"],
      ['{"Type":"DISK_FULL","TEXT":"x"}', 400, "invalid_request"],
      ['{"type":"DISK_FULL","text":"x"} {}', 400, "invalid_request"],
      [JSON.stringify({ type: "DISK_FULL", text: "x".repeat(1001) }), 400, "invalid_request"],
      [JSON.stringify({ type: "DISK_FULL", text: "x".repeat(200_000) }), 413, "payload_too_large"],
    ];
    for (const [body, status, code] of cases) {
      const answer = await at.service.call("POST", "/api/v1/notices", { headers: tenant, body });
      assert.deepEqual([answer.status, answer.body.error?.code], [status, code], body.slice(0, 60));
      assert.equal(answer.body.error.correlation_id, answer.headers["x-correlation-id"]);
    }
    const plain = await at.service.call("POST", "/api/v1/notices", {
      headers: { ...tenant, "content-type": "text/plain" },
      body: notice,
    });
    assert.deepEqual([plain.status, plain.body.error.code], [415, "unsupported_media_type"]);
    for (const [method, path] of [
      ["GET", "/api/v1/nowhere"],
      ["DELETE", "/api/v1/notices"],
    ] as const) {
      const nowhere = await at.service.call(method, path, { headers: tenant });
      assert.deepEqual([nowhere.status, nowhere.body.error.code], [404, "not_found"]);
    }
  });

  it("returns the request's correlation id, or a new one", async () => {
    const given = await at.service.call("GET", "/health", { headers: { "x-correlation-id": "abc-1.2_3" } });
    assert.equal(given.headers["x-correlation-id"], "abc-1.2_3");
    const malformed = await at.service.call("GET", "/health", { headers: { "x-correlation-id": 'a"b' } });
    assert.match(String(malformed.headers["x-correlation-id"]), /^[\w-]{8,}$/);
  });

  it("stores a tenant's notice byte for byte and hides it from other tenants (SDG-5)", async () => {
    const headers = { ...tenant, "x-correlation-id": "publish-1", traceparent: TRACEPARENT };
    const { status, body } = await at.service.call("POST", "/api/v1/notices", { headers, body: notice });
    assert.deepEqual([status, { type: body.type, text: body.text }], [201, JSON.parse(notice)]);
    assert.match(body.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.match(body.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.ok(Math.abs(Date.now() - Date.parse(body.timestamp)) < 60_000);
    await waitUntil("it is shown", async () => (await noticesOf(at.service)).includes(body.text));
    assert.deepEqual(await noticesOf(at.service, OTHER_TENANT), []);
  });

  it("measures requests by route (SDG-7)", async () => {
    const labels = { method: "POST", route: "/api/v1/notices", status: "201" };
    const before = await metric(at.service, "http_request_duration_seconds_count", labels);
    await at.service.call("POST", "/api/v1/notices", { headers: tenant, body: notice });
    assert.equal((await metric(at.service, "http_request_duration_seconds_count", labels)) - before, 1);
    assert.equal(
      await metric(at.service, "http_request_duration_seconds_bucket", { ...labels, le: "+Inf" }),
      before + 1,
    );
    const { text, headers } = await at.service.call("GET", "/metrics");
    assert.match(String(headers["content-type"]), /^text\/plain/);
    // A path that a client invents must not become a time series.
    assert.doesNotMatch(text, /nowhere/);
  });

  it("describes its routes in OpenAPI (SDG-7)", async () => {
    const document = (await at.service.call("GET", "/openapi.json")).body;
    const { openapi, paths } = document;
    assert.match(openapi, /^3\./);
    assert.deepEqual(await lintDocument(document), []);
    assert.deepEqual(Object.keys(paths), ["/api/v1/notices"]);
    assert.deepEqual(Object.keys(paths["/api/v1/notices"]).sort(), ["get", "post"]);
    for (const method of ["get", "post"]) {
      const { parameters, responses } = paths["/api/v1/notices"][method];
      const header = parameters.find((one: { name: string }) => one.name.toLowerCase() === "x-tenant-id");
      assert.deepEqual([header.in, header.required], ["header", true]);
      assert.ok(responses[method === "post" ? 201 : 200]);
    }
  });

  it("logs JSON with correlation and trace (SDG-7)", async () => {
    const found = () => at.service.log().find((line) => line.msg === "request" && line.correlation_id === "publish-1");
    await waitUntil("the line of a request", () => found() !== undefined);
    const { method, route, status, trace_id, duration_ms } = found()!;
    assert.deepEqual(
      [method, route, status, trace_id, typeof duration_ms],
      ["POST", "/api/v1/notices", 201, TRACE, "number"],
    );
    for (const line of at.service.log()) {
      assert.match(String(line.time), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/);
      assert.deepEqual([line.service, line.version], [values.name, "1.2.3"]);
      assert.match(String(line.level), /^(trace|debug|info|warn|error)$/);
      assert.ok(line.route !== "/health" && line.route !== "/metrics");
    }
  });

  it("builds in stages on pinned bases, runs without root and has a health check (SDG-1)", () => {
    const { stages, health } = readImage(at.built);
    assert.ok(stages.length >= 2);
    const names = new Set<string>();
    for (const [[, from]] of stages as [[string, string]][]) {
      const [, base = "", name] = /^(\S+)(?: AS (\w+))?$/.exec(from) ?? [];
      assert.ok(names.has(base) || /^\S+:(nonroot|[\w.-]*\d[\w.-]*)@sha256:[0-9a-f]{64}$/.test(base), from);
      if (name !== undefined) names.add(name);
    }
    for (const [, rest] of stages.flat().filter(([word, first]) => word === "COPY" && !first.startsWith("--")))
      for (const source of rest.split(/\s+/).slice(0, -1)) assert.ok(existsSync(join(at.built.folder, source)), source);
    const last = stages.at(-1)!;
    assert.deepEqual(last.find(([word]) => word === "USER")?.[1], "1000");
    assert.ok(last.find(([word]) => word === "ENTRYPOINT")?.[1].startsWith("["), "an entry point without a shell");
    assert.equal(health(at.service.port), 0);
    assert.equal(health(9), 1);
  });
}

/** The last part of the contract: it stops the service. */
export function stopContract(at: TemplateSubject, then: () => Promise<void> = async () => undefined): void {
  it("finishes running requests, accepts no new ones, and exits with 0 on SIGTERM (SDG-1)", async () => {
    const slow = await at.service.slowly(
      "/api/v1/notices",
      tenant,
      JSON.stringify({ type: "DISK_FULL", text: "in flight" }),
    );
    const begun = Date.now();
    at.service.signal("SIGTERM");
    await waitUntil("new requests are refused", () =>
      at.service.call("GET", "/health").then(
        () => false,
        () => true,
      ),
    );
    const { status, body } = await slow.finish();
    assert.deepEqual([status, body.text], [201, "in flight"]);
    assert.deepEqual(await at.service.ended, [0, null]);
    assert.ok(Date.now() - begun < 5000, `it took ${Date.now() - begun} ms`);
    await then();
  });
}

/**
 * Sends raw bytes; resolves to an answer in the envelope once it is whole, else when the service
 * closes the connection, which must be soon.
 */
async function exchange(port: number, request: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.setTimeout(3000, () => socket.destroy(new Error("the connection stays open")));
  socket.write(request, "latin1");
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) {
    text += chunk;
    if (/"correlation_id":\s?"[^"]+"\}\}/.test(text)) break;
  }
  return text;
}
