import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { connect } from "node:http2";
import { Writable } from "node:stream";
import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, createGrpcWebTransport } from "@connectrpc/connect-node";
import { credentials, Client as GrpcJs, type ServiceError as GrpcJsError, Metadata, status } from "@grpc/grpc-js";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { fromConnectError } from "@plinth/kit/grpc/errors.ts";
import { ErrorInfoSchema } from "@plinth/kit/proto/generated/google/rpc/error_details_pb.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { root } from "@plinth/local/locations.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { collect, type EchoServer, metric, SERVICE, startEcho, tenants } from "../../../../support/kit/echo-service.ts";
import {
  EchoService,
  SayRequestSchema,
  type SayResponse,
  SayResponseSchema,
} from "../../../../support/kit/proto/generated/plinth/echo/v1/echo_pb.ts";

describe("gRPC server", function () {
  this.timeout(10_000);
  let echo: EchoServer;
  let lines: Record<string, unknown>[];
  const calls = () => createClient(EchoService, createGrpcTransport({ baseUrl: echo.url }));

  beforeEach(async () => {
    lines = [];
    const destination = new Writable({
      write: (chunk, _encoding, done) => done(void lines.push(JSON.parse(String(chunk)))),
    });
    const logger = createLogger({ service: "echo", version: "test", level: "info" }, destination);
    echo = await startEcho({
      tenants,
      logger,
      tracing: createTracing({ service: "echo", version: "test" }),
      maxMessageBytes: 64 * 1024,
    });
  });
  afterEach(() => echo.server.close());

  const tenant = { "x-tenant-id": "10001" };

  /**
   * A call by the implementation that most Node programs use, and that none of this is written
   * with.
   */
  function byGrpcJs(path: string, text: string, metadata: Record<string, string> = tenant): Promise<SayResponse> {
    const client = new GrpcJs(`127.0.0.1:${echo.port}`, credentials.createInsecure());
    const sent = new Metadata();
    for (const [name, value] of Object.entries(metadata)) sent.set(name, value);
    return new Promise<SayResponse>((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        (request: Uint8Array) => Buffer.from(request),
        (bytes: Buffer) => fromBinary(SayResponseSchema, bytes),
        toBinary(SayRequestSchema, create(SayRequestSchema, { text })),
        sent,
        { deadline: Date.now() + 5000 },
        (error, answer) => (error ? reject(error) : resolve(answer as SayResponse)),
      );
    }).finally(() => client.close());
  }

  it("answers another implementation's client, with the call's tenant, correlation id and trace (SHOP-1, SHOP-3)", async () => {
    const traceId = "0af7651916cd43dd8448eb211c80319c";
    const metadata = { ...tenant, "x-correlation-id": "find-me", traceparent: `00-${traceId}-b7ad6b7169203331-01` };
    const { text, tenantId, correlationId, traceId: seen } = await byGrpcJs(`/${SERVICE}/Say`, "שלום 👋", metadata);
    assert.deepEqual([text, tenantId, correlationId, seen], ["שלום 👋", 10_001n, "find-me", traceId]);
    const line = await waitUntil("the call is logged", () => lines.find(({ msg }) => msg === "call"));
    assert.deepEqual(
      [line?.level, line?.method, line?.code, line?.correlation_id, line?.trace_id],
      ["info", `${SERVICE}/Say`, "OK", "find-me", traceId],
    );
  });

  it("speaks gRPC, gRPC-Web and Connect on one port, with streams", async () => {
    const at = { baseUrl: echo.url, httpVersion: "2" } as const;
    for (const transport of [createGrpcTransport(at), createGrpcWebTransport(at), createConnectTransport(at)]) {
      const client = createClient(EchoService, transport);
      const options = { headers: tenant };
      assert.equal((await client.say({ text: "hi" }, options)).tenantId, 10_001n);
      const repeated = await collect(client.repeat({ text: "hi", times: 3 }, options), ({ text }) => text);
      assert.deepEqual(repeated, ["hi 1", "hi 2", "hi 3"]);
      const said = (async function* () {
        yield { text: "a" };
        yield { text: "b" };
      })();
      assert.deepEqual(await collect(client.chat(said, options), ({ text, tenantId }) => [text, tenantId]), [
        ["A", 10_001n],
        ["B", 10_001n],
      ]);
      const refused = await client.say({ text: "shy" }, options).catch((error: unknown) => ConnectError.from(error));
      assert.equal((refused as ConnectError).code, Code.FailedPrecondition);
    }
  });

  it("judges Connect's JSON by its text", async () => {
    const client = connect(echo.url);
    const call = (body: string) =>
      new Promise<string>((resolve, reject) => {
        const headers = { ...tenant, "content-type": "application/json", "connect-protocol-version": "1" };
        const stream = client.request({ ":method": "POST", ":path": `/${SERVICE}/Say`, ...headers });
        let answer = "";
        stream
          .on("data", (chunk) => (answer += chunk))
          .on("end", () => resolve(answer))
          .on("error", reject);
        stream.end(body);
      });
    assert.equal(JSON.parse(await call(`{"text":"a"}`)).text, "a");
    for (const [body, words] of [
      ['{"text":"a","text":"b"}', /body\/text is there twice/],
      ['{"text":"a","waitMs":0.99999999999999999}', /body\/waitMs has more digits/],
    ] as const) {
      const { code, message } = JSON.parse(await call(body));
      assert.equal(code, "invalid_argument");
      assert.match(message, words);
    }
    client.close();
  });

  describe("tenants", () => {
    const cases: [string, Record<string, string>, string][] = [
      ["none", {}, "TENANT_REQUIRED"],
      ["no number", { "x-tenant-id": "acme" }, "TENANT_INVALID"],
      ["an unknown one", { "x-tenant-id": "10009" }, "TENANT_UNKNOWN"],
    ];
    for (const [what, headers, reason] of cases) {
      it(`refuses each kind of call that names ${what}, before its handler (SDG-5)`, async () => {
        const client = calls();
        for (const call of [
          () => client.count({ text: what }, { headers }),
          () => collect(client.repeat({ text: what, times: 1 }, { headers })),
        ]) {
          const error = await call().then(() => assert.fail("answered"), ConnectError.from);
          assert.deepEqual([error.code, error.findDetails(ErrorInfoSchema)[0]?.reason], [Code.InvalidArgument, reason]);
        }
        assert.deepEqual(echo.counted, []);
      });
    }

    it("take the default where there is one, and still refuse a bad one", async () => {
      const other = await startEcho({ tenants, defaultTenant: 10_001 });
      const client = createClient(EchoService, createGrpcTransport({ baseUrl: other.url }));
      try {
        assert.equal((await client.say({ text: "hi" })).tenantId, 10_001n);
        await assert.rejects(client.say({ text: "hi" }, { headers: { "x-tenant-id": "0" } }), {
          code: Code.InvalidArgument,
        });
      } finally {
        await other.server.close();
      }
    });
  });

  describe("errors", () => {
    it("carry the service's code, message and fields in standard details, and back", async () => {
      const error = await calls()
        .say({ text: "shy" }, { headers: { ...tenant, "x-correlation-id": "my-call" } })
        .then(() => assert.fail("answered"), ConnectError.from);
      const [info] = error.findDetails(ErrorInfoSchema);
      assert.deepEqual([error.code, info?.reason, info?.domain], [Code.FailedPrecondition, "TOO_SHY", "plinth"]);
      assert.equal(error.metadata.get("x-correlation-id"), "my-call");
      const { code, status: http, message, details } = fromConnectError(error, "echo");
      assert.deepEqual(
        [code, http, message, details],
        ["too_shy", 409, "Say it yourself: 你好.", [{ path: "text", message: "is too much" }]],
      );
    });

    it("that are internal reach the log and not the caller", async () => {
      const refused = await byGrpcJs(`/${SERVICE}/Say`, "secret").then(
        () => assert.fail("answered"),
        (error: GrpcJsError) => error,
      );
      assert.equal(refused.code, status.INTERNAL);
      assert.doesNotMatch(
        JSON.stringify([refused.details, refused.metadata.toHttp2Headers()]),
        /password|app:app|node:|\.ts/,
      );
      const line = await waitUntil(
        "the failure is logged",
        () => lines.find(({ level }) => level === "error")!,
        Boolean,
      );
      assert.match(
        (line.err as { message: string }).message,
        /password of postgresql:\/\/app:\[redacted\]@db is wrong/,
      );
    });

    it("of a server outside the kit are passed on without its text", () => {
      const table: [Code, string, number][] = [
        [Code.NotFound, "not_found", 404],
        [Code.InvalidArgument, "invalid_request", 400],
        [Code.AlreadyExists, "conflict", 409],
        [Code.DeadlineExceeded, "timeout", 503],
        [Code.ResourceExhausted, "unavailable", 503],
        [Code.PermissionDenied, "internal", 500],
        [Code.DataLoss, "internal", 500],
      ];
      for (const [code, expected, http] of table) {
        const { code: told, status, message } = fromConnectError(new ConnectError("at 10.0.0.7:5432", code), "echo");
        assert.deepEqual([told, status, /10\.0/.test(message)], [expected, http, false]);
      }
    });
  });

  it("ends a call at its deadline although the handler ignores it, and aborts its signal", async () => {
    const begun = performance.now();
    // By its header alone: the client itself would wait.
    const headers = { ...tenant, "grpc-timeout": "150m" };
    await assert.rejects(calls().say({ text: "slow", waitMs: 5000 }, { headers }), { code: Code.DeadlineExceeded });
    assert.ok(performance.now() - begun < 1000);
    await waitUntil("the handler is told", () => echo.aborted.includes("slow"));
    await waitUntil(
      "it is counted",
      async () => (await metric(echo.metrics, "grpc_server_handled_total", { grpc_code: "DeadlineExceeded" })) === 1,
    );
  });

  it("gives a deadline to a call without one", async () => {
    await calls().say({ text: "patient" }, { headers: tenant });
    const [left = Number.NaN] = echo.timeouts;
    assert.ok(left > 14_000 && left <= 15_000, `${left} ms`);
  });

  it("aborts a handler's signal when its caller has gone", async () => {
    const gone = new AbortController();
    const call = calls().say({ text: "left alone", waitMs: 5000 }, { headers: tenant, signal: gone.signal });
    await waitUntil("the handler works", () => echo.heard.includes("left alone"));
    gone.abort();
    await assert.rejects(call, { code: Code.Canceled });
    await waitUntil("the handler is told", () => echo.aborted.includes("left alone"));
    await waitUntil(
      "it is counted",
      async () => (await metric(echo.metrics, "grpc_server_handled_total", { grpc_code: "Canceled" })) === 1,
    );
  });

  it("refuses an oversized message and an unknown method in gRPC's terms, and counts both", async () => {
    const large = await byGrpcJs(`/${SERVICE}/Say`, "x".repeat(70_000)).then(
      () => assert.fail("answered"),
      (error: GrpcJsError) => error,
    );
    assert.equal(large.code, status.RESOURCE_EXHAUSTED);
    const unknown = await byGrpcJs("/plinth.echo.v1.Nobody/Say", "hi").then(
      () => assert.fail("answered"),
      (error: GrpcJsError) => error,
    );
    assert.deepEqual([unknown.code, unknown.details], [status.UNIMPLEMENTED, "there is no such method"]);
    for (const grpc_code of ["ResourceExhausted", "Unimplemented"])
      await waitUntil(
        `${grpc_code} is counted`,
        async () => (await metric(echo.metrics, "grpc_server_handled_total", { grpc_code })) === 1,
      );
  });

  it("counts and times calls by service, method and code (SHOP-4)", async () => {
    const client = calls();
    for (let call = 0; call < 3; call++) await client.say({ text: "hi" }, { headers: tenant });
    await client.say({ text: "shy" }, { headers: tenant }).catch(() => undefined);
    const labels = { grpc_service: SERVICE, grpc_method: "Say" };
    await waitUntil(
      "all are counted",
      async () => (await metric(echo.metrics, "grpc_server_handled_total", labels)) === 4,
    );
    assert.equal(await metric(echo.metrics, "grpc_server_handled_total", { ...labels, grpc_code: "OK" }), 3);
    assert.match(
      await echo.metrics.registry.metrics(),
      /grpc_server_handling_seconds_count\{[^}]*grpc_code="FailedPrecondition"[^}]*\} 1/,
    );
  });

  it("loads nothing of gRPC in a service without it", () => {
    const program = `
      import { registerHooks } from "node:module";
      const loaded = [];
      registerHooks({ resolve(specifier, context, next) { const found = next(specifier, context); loaded.push(found.url); return found; } });
      await import("@plinth/wallet/app.ts");
      console.log(JSON.stringify(loaded));`;
    const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
      cwd: root,
      encoding: "utf8",
    });
    assert.ok(stdout !== "", stderr);
    const loaded: string[] = JSON.parse(stdout);
    assert.ok(loaded.some((url) => url.endsWith("/services/kit/http/server.ts")));
    const gRPC = /connectrpc|bufbuild|\/kit\/grpc\//;
    assert.match(import.meta.resolve("@plinth/kit/grpc/server.ts"), gRPC, "the pattern fits the kit's gRPC room");
    assert.deepEqual(
      loaded.filter((url) => gRPC.test(url)),
      [],
    );
    // A whole service is loaded by another process, which a busy machine takes long for.
  }).timeout(60_000);
});
