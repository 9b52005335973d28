import assert from "node:assert/strict";
import { once } from "node:events";
import { constants, createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { createContextValues } from "@connectrpc/connect";
import { runInTrace } from "@plinth/kit/core/trace-context.ts";
import { getGrpcCall } from "@plinth/kit/grpc/call.ts";
import { callOptions, createGrpcClient, type GrpcClient, type GrpcClientSettings } from "@plinth/kit/grpc/client.ts";
import { createRetryBudget } from "@plinth/kit/grpc/retry-budget.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { type FaultProxy, startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { type EchoServer, metric, startEcho, tenants } from "../../../../support/kit/echo-service.ts";
import { EchoService } from "../../../../support/kit/proto/generated/plinth/echo/v1/echo_pb.ts";

describe("gRPC client", function () {
  this.timeout(20_000);
  let echo: EchoServer;
  let proxy: FaultProxy;
  let metrics: Metrics;
  let ended: (() => unknown)[];

  beforeEach(async () => {
    echo = await startEcho({ tenants, defaultTenant: 10_001 });
    proxy = await startFaultProxy(echo.port);
    metrics = createMetrics("caller", "test");
    ended = [() => echo.server.close(), proxy.stop];
  });
  afterEach(async () => {
    for (const end of ended.reverse()) await end();
  });

  function client(settings: Partial<GrpcClientSettings> = {}): GrpcClient<typeof EchoService> {
    const created = createGrpcClient(EchoService, {
      url: `http://127.0.0.1:${proxy.port}`,
      deadlineMs: 1000,
      metrics,
      ...settings,
    });
    ended.push(created.close);
    return created;
  }

  const retried = (result: string) => metric(metrics, "grpc_client_retries_total", { result });

  /** Another server that the proxy leads to from now on. */
  async function replace(settings: Parameters<typeof startEcho>[0] = {}): Promise<EchoServer> {
    const next = await startEcho(settings);
    ended.push(() => next.server.close());
    proxy.retarget(next.port);
    return next;
  }

  it("passes tenant, correlation id and trace on (SHOP-3)", async () => {
    const tracing = createTracing({ service: "caller", version: "test" });
    const span = tracing.startSpan("request", "server");
    const { calls } = client({ tracing });
    const answer = await runInTrace(span.context, () =>
      calls.say({ text: "hi" }, callOptions({ tenantId: 10_001, correlationId: "mine" })),
    );
    assert.deepEqual([answer.tenantId, answer.correlationId, answer.traceId], [10_001n, "mine", span.context.traceId]);
    await assert.rejects(calls.say({ text: "hi" }, callOptions({ tenantId: 7 })), {
      name: "ServiceError",
      code: "tenant_unknown",
      status: 400,
    });
  });

  it("counts and times calls by service, method and code (SHOP-4)", async () => {
    const { calls } = client();
    await calls.say({ text: "hi" });
    for await (const { text } of calls.repeat({ text: "hi", times: 2 })) assert.match(text, /^hi/);
    await assert.rejects(calls.say({ text: "shy" }), {
      code: "too_shy",
      status: 409,
      details: [{ path: "text", message: "is too much" }],
    });
    await assert.rejects(
      async () => {
        for await (const _ of calls.repeat({ text: "shy", times: 1 }));
      },
      { code: "too_shy" },
    );
    for (const [grpc_method, grpc_code] of [
      ["Say", "OK"],
      ["Say", "FailedPrecondition"],
      ["Repeat", "OK"],
      ["Repeat", "FailedPrecondition"],
    ] as const)
      assert.equal(await metric(metrics, "grpc_client_requests_total", { grpc_method, grpc_code }), 1);
    assert.match(
      await metrics.registry.metrics(),
      /grpc_client_request_duration_seconds_count\{[^}]*grpc_code="OK"[^}]*\} 1/,
    );
  });

  describe("deadlines", () => {
    it("end a call to a slow server, and the server's work with it", async () => {
      const begun = performance.now();
      await assert.rejects(client({ deadlineMs: 150 }).calls.say({ text: "slow", waitMs: 5000 }), {
        code: "timeout",
        status: 503,
      });
      assert.ok(performance.now() - begun < 1000);
      await waitUntil("the handler's signal aborts", () => echo.aborted.includes("slow"));
      assert.equal(await retried("made"), 0);
    });

    it("hold in a black hole, and calls succeed again once it is healed", async () => {
      const { calls } = client({ deadlineMs: 200 });
      await calls.say({ text: "before" });
      proxy.blackHole();
      const begun = performance.now();
      await Promise.all(
        Array.from({ length: 5 }, () => assert.rejects(calls.say({ text: "lost" }), { code: "timeout" })),
      );
      assert.ok(performance.now() - begun < 1000);
      await proxy.heal();
      await waitUntil("calls are answered", async () => (await calls.say({ text: "after" })).text === "after");
    });

    it("give up a silent server and find its replacement", async () => {
      const { calls } = client({ deadlineMs: 500 });
      await calls.say({ text: "before" });
      proxy.blackHole();
      const next = await replace();
      const begun = performance.now();
      await waitUntil("the client reconnects", async () => {
        await calls.say({ text: "lost" }).catch(() => undefined);
        return proxy.openConnections > 1;
      });
      const ms = performance.now() - begun;
      assert.ok(ms > 4000 && ms < 11_000, `${ms} ms`);
      await proxy.heal();
      await waitUntil("the other one answers", async () => (await calls.say({ text: "after" })).text === "after");
      assert.ok(next.heard.includes("after"));
    });

    it("are required for unary calls and optional for streams", async () => {
      const { calls } = client({ deadlineMs: 100 });
      await assert.rejects(calls.say({ text: "hi" }, callOptions({ deadlineMs: 0 })), /Say needs a deadline/);
      const drawn = async (deadlineMs?: number) => {
        let count = 0;
        for await (const _ of calls.repeat(
          { text: "hi", times: 3, everyMs: 100 },
          callOptions(deadlineMs === undefined ? {} : { deadlineMs }),
        ))
          count++;
        return count;
      };
      await assert.rejects(drawn(), { code: "timeout" });
      assert.equal(await drawn(0), 3);
    });

    it("end a call when the call that it serves ends", async () => {
      const gone = new AbortController();
      const call = client().calls.say(
        { text: "for a caller that left", waitMs: 5000 },
        callOptions({ signal: gone.signal }),
      );
      await waitUntil("the handler works", () => echo.heard.includes("for a caller that left"));
      gone.abort();
      await assert.rejects(call, { name: "ServiceError" });
      await waitUntil("the handler's signal aborts", () => echo.aborted.includes("for a caller that left"));
      assert.equal(await retried("made"), 0);
    });
  });

  describe("retries", () => {
    it("repeat an idempotent call that lost its server, unnoticed by the caller", async () => {
      const { calls } = client({ deadlineMs: 5000 });
      const call = calls.say({ text: "again", waitMs: 300 });
      await waitUntil("the handler works", () => echo.heard.length === 1);
      proxy.resetConnections();
      assert.equal((await call).text, "again");
      assert.deepEqual([echo.heard.length, await retried("made")], [2, 1]);
    });

    it("never repeat a call that may have had its effect", async () => {
      const { calls } = client({ deadlineMs: 5000 });
      const call = calls.count({ text: "once", waitMs: 300 });
      await waitUntil("the handler works", () => echo.counted.length === 1);
      proxy.resetConnections();
      await assert.rejects(call, { code: "unavailable", status: 503 });
      assert.deepEqual([echo.counted, await retried("made")], [["once"], 0]);
    });

    it("repeat any call that certainly never arrived", async () => {
      const { calls } = client({ deadlineMs: 5000 });
      await proxy.refuse();
      const call = calls.count({ text: "late" });
      await waitUntil("the call is repeated", async () => (await retried("made")) > 0);
      await proxy.heal();
      assert.equal((await call).text, "late");
      assert.deepEqual(echo.counted, ["late"]);
    });

    it("ask a server that is away a tenth more often, not four times (PIN-10)", async () => {
      const { calls } = client({ retryBudget: createRetryBudget(0.1, 5) });
      await proxy.refuse();
      for (let round = 0; round < 10; round++)
        await Promise.all(
          Array.from({ length: 20 }, () => assert.rejects(calls.say({ text: "hi" }), { code: "unavailable" })),
        );
      const retries = await retried("made");
      assert.ok(retries >= 15 && retries <= 25, `${retries} retries of 200 calls`);
      assert.ok((await retried("over_budget")) > 100);
    });

    it("stay within their budget when an overloaded server refuses every call (PIN-10)", async () => {
      let asked = 0;
      const overloaded = createServer().on("stream", (stream) => {
        asked++;
        stream.on("error", () => undefined).close(constants.NGHTTP2_REFUSED_STREAM);
      });
      await once(overloaded.listen(0, "127.0.0.1"), "listening");
      const { port } = overloaded.address() as AddressInfo;
      const { calls, close } = createGrpcClient(EchoService, {
        url: `http://127.0.0.1:${port}`,
        deadlineMs: 5000,
        metrics,
      });
      for (let round = 0; round < 50; round++)
        await assert.rejects(calls.count({ text: "no" }), { code: "unavailable" });
      close();
      overloaded.close();
      assert.ok(asked <= 50 * 3 + 20, `it was asked ${asked} times by 50 calls`);
    });
  });

  describe("servers that leave", () => {
    it("are found again on their port after a crash", async () => {
      const { calls } = client({ deadlineMs: 2000 });
      await calls.say({ text: "before" });
      proxy.resetConnections();
      await proxy.refuse();
      await assert.rejects(client({ deadlineMs: 100 }).calls.say({ text: "away" }));
      await proxy.heal();
      assert.equal((await calls.say({ text: "back" })).text, "back");
    });

    it("answer their calls while draining, and lose none to their successor (SDG-1)", async () => {
      const { calls } = client({ deadlineMs: 5000 });
      const answered: string[] = [];
      const failed: unknown[] = [];
      let running = true;
      const worker = async (name: number) => {
        for (let turn = 0; running; turn++) {
          const text = `${name}.${turn}`;
          // Not idempotent: a lost call would not be repeated, and a repeated call would be counted
          // twice.
          await calls.count({ text, waitMs: turn % 5 === 0 ? 30 : 0 }).then(
            () => answered.push(text),
            (error) => failed.push(error),
          );
        }
      };
      const workers = Array.from({ length: 8 }, (_, name) => worker(name));
      const servers = [echo];
      for (let restart = 0; restart < 3; restart++) {
        const enough = answered.length + 60;
        await waitUntil("calls are answered", () => answered.length > enough);
        const next = await replace();
        const begun = performance.now();
        await servers.at(-1)?.server.close();
        assert.ok(performance.now() - begun < 2000);
        servers.push(next);
      }
      running = false;
      await Promise.all(workers);
      assert.deepEqual(failed, []);
      const counted = servers.flatMap((server) => server.counted);
      assert.deepEqual(counted.toSorted(), answered.toSorted());
      for (const server of servers) assert.ok(server.counted.length > 0);
    });

    it("lose no call when they ask clients to reconnect", async () => {
      const young = await replace({ connectionAgeMs: 60 });
      const { calls } = client({ deadlineMs: 5000 });
      let answered = 0;
      await waitUntil("it has connected several times", async () => {
        await Promise.all(Array.from({ length: 4 }, () => calls.count({ text: "x" })));
        answered += 4;
        return proxy.acceptedConnections > 4;
      });
      assert.equal(young.counted.length, answered);
    });
  });

  it("names createGrpcServer to a handler that another server serves", () => {
    assert.throws(() => getGrpcCall({ values: createContextValues() }), /serve it with createGrpcServer/);
  });
});
