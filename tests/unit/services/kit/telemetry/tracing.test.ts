import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { formatTraceparent, parseTraceparent, runInTrace } from "@plinth/kit/core/trace-context.ts";
import { createMetrics } from "@plinth/kit/telemetry/metrics.ts";
import {
  createTracing,
  noopTracing,
  type Tracing,
  type TracingSettings,
  withSpan,
} from "@plinth/kit/telemetry/tracing.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { type OtlpReceiver, startOtlpReceiver } from "../../../../support/kit/otlp-receiver.ts";

const service = { service: "shop", version: "1.2.3" };
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const PARENT = "b7ad6b7169203331";
const sampled = { traceId: TRACE, spanId: PARENT, sampled: true };

describe("spans (SHOP-3)", () => {
  it("creates ids and passes contexts on where nothing is recorded", () => {
    const tracing = createTracing(service);
    const contexts = Array.from({ length: 5000 }, () => tracing.startSpan("GET /", "server").context);
    assert.equal(new Set(contexts.map(({ traceId }) => traceId)).size, 5000);
    assert.equal(new Set(contexts.map(({ spanId }) => spanId)).size, 5000);
    for (const { traceId, spanId, sampled } of contexts)
      assert.match(`${traceId}-${spanId}-${sampled}`, /^[0-9a-f]{32}-[0-9a-f]{16}-false$/);
    assert.equal(formatTraceparent(tracing.startSpan("GET /", "server", sampled).context), `00-${TRACE}-${PARENT}-01`);
    assert.equal(
      formatTraceparent(noopTracing.startSpan("GET /", "server", sampled).context),
      `00-${TRACE}-${PARENT}-01`,
    );
    assert.equal(parseTraceparent(formatTraceparent(noopTracing.startSpan("GET /", "server").context)), undefined);
  });

  it("samples the given share of new traces, and every trace that its caller samples", () => {
    const tracing = createTracing({ ...service, sampleRatio: 0.1 });
    const count = Array.from({ length: 20_000 }, () => tracing.startSpan("GET /", "server").context.sampled).filter(
      Boolean,
    ).length;
    // Five standard deviations of the binomial are 212.
    assert.ok(count > 1780 && count < 2220, `${count} of 20000 at a ratio of 0.1`);
    assert.equal(tracing.startSpan("GET /", "server", { ...sampled, sampled: false }).context.sampled, false);
    assert.equal(tracing.startSpan("GET /", "server", sampled).context.sampled, true);
  });
});

describe("traces to an OTLP receiver (SHOP-6)", () => {
  let receiver: OtlpReceiver;
  let open: Tracing[];
  const tracingTo = (endpoint: string, more: Partial<TracingSettings> = {}) => {
    const tracing = createTracing({ ...service, endpoint, ...more });
    open.push(tracing);
    return tracing;
  };

  beforeEach(async () => {
    open = [];
    receiver = await startOtlpReceiver();
  });
  afterEach(async () => {
    await Promise.all(open.map((tracing) => tracing.close()));
    await receiver.close();
  });

  it("sends spans with names, times, parents, outcome and the service", async () => {
    const tracing = tracingTo(receiver.endpoint);
    const begun = Date.now();
    const server = tracing.startSpan("GET /users/:id", "server", sampled, {
      attributes: { "http.request.method": "GET" },
    });
    await runInTrace(server.context, () =>
      withSpan(tracing, "select user", "client", () => sleep(20), { attributes: { "db.system.name": "postgresql" } }),
    );
    await assert.rejects(
      runInTrace(server.context, () =>
        withSpan(tracing, "call", "client", async () => {
          throw new TypeError("no route to redis://app:hunter2@cache");
        }),
      ),
      /no route/,
    );
    server.end({ attributes: { "http.response.status_code": 200 } });
    server.end({ error: new Error("a second end") });
    await tracing.close();

    assert.deepEqual([...receiver.posts], ["POST /v1/traces application/json"]);
    const [query, call, request] = receiver.spans;
    assert.equal(receiver.spans.length, 3);
    assert.deepEqual(
      receiver.spans.map(({ name, kind, service, traceId }) => [name, kind, service, traceId]),
      [
        ["select user", 3, "shop", TRACE],
        ["call", 3, "shop", TRACE],
        ["GET /users/:id", 2, "shop", TRACE],
      ],
    );
    assert.equal(request?.parentSpanId, PARENT);
    assert.deepEqual([query?.parentSpanId, call?.parentSpanId], [request?.spanId, request?.spanId]);
    assert.deepEqual(request?.attributes, { "http.request.method": "GET", "http.response.status_code": 200 });
    assert.equal(request?.status.code, 0);
    assert.deepEqual(call?.status, { code: 2, message: "no route to redis://app:[redacted]@cache" });
    assert.equal(call?.attributes["error.type"], "TypeError");
    const ms = (nanoseconds: string | undefined) => Number(nanoseconds) / 1e6;
    const length = ms(query?.endTimeUnixNano) - ms(query?.startTimeUnixNano);
    assert.ok(length >= 19 && length < 5000, `a span of 20 ms took ${length} ms`);
    assert.ok(Math.abs(ms(request?.startTimeUnixNano) - begun) < 1000);
  });

  it("sends no span of an unsampled trace", async () => {
    const tracing = tracingTo(receiver.endpoint, { sampleRatio: 0 });
    const span = tracing.startSpan("GET /", "server");
    await runInTrace(span.context, () => withSpan(tracing, "query", "client", async () => undefined));
    span.end();
    const one = tracing.startSpan("GET /", "server", sampled);
    one.end();
    await tracing.close();
    assert.deepEqual(
      receiver.spans.map(({ spanId }) => spanId),
      [one.context.spanId],
    );
  });

  it("sends the span of a failed request although its trace is not sampled, and no other", async () => {
    const tracing = tracingTo(receiver.endpoint, { sampleRatio: 0 });
    const parent = { ...sampled, sampled: false };
    const failed = tracing.startSpan(() => "GET /", "server", parent);
    failed.end({ error: new TypeError("no"), attributes: { "http.route": "/" }, durationMs: 250 });
    failed.end({ error: new TypeError("twice"), durationMs: 250 });
    const root = tracing.startSpan("GET /root", "server");
    root.end({ error: new Error("no"), durationMs: 1 });
    tracing.startSpan("GET /", "server").end({ durationMs: 1 });
    tracing.startSpan("query", "client", parent).end({ error: new Error("no"), durationMs: 1 });
    await tracing.close();
    const [first, second, ...others] = receiver.spans;
    assert.deepEqual(others, []);
    assert.deepEqual(
      [first?.name, first?.traceId, first?.parentSpanId, first?.status.code, first?.attributes],
      ["GET /", TRACE, PARENT, 2, { "error.type": "TypeError", "http.route": "/" }],
    );
    assert.equal(Number(first?.endTimeUnixNano) - Number(first?.startTimeUnixNano) > 249e6, true);
    assert.deepEqual([second?.spanId, second?.parentSpanId], [root.context.spanId, undefined]);
  });

  it("sends links but no tracestate, and takes the resource from the environment's variables (OBS-8)", async () => {
    const tracing = tracingTo(receiver.endpoint, {
      serviceName: "shop-eu",
      resourceAttributes: "deployment.environment.name=prod,service.name=other,note=a%2Cb",
    });
    const parent = { ...sampled, tracestate: "vendor=1,other=2" };
    const links = Array.from({ length: 130 }, (_, index) => ({
      ...sampled,
      spanId: index.toString(16).padStart(16, "a"),
    }));
    tracing.startSpan("process orders", "consumer", parent, { links }).end();
    await tracing.close();
    const [span] = receiver.spans;
    assert.equal(span?.traceState, undefined, "it may hold whatever a caller wrote");
    assert.deepEqual(
      [span?.links?.length, span?.droppedLinksCount, span?.links?.[1]?.spanId],
      [128, 2, links[1]?.spanId],
    );
    assert.deepEqual(span?.resource, {
      "service.name": "shop-eu",
      "service.version": "1.2.3",
      "deployment.environment.name": "prod",
      note: "a,b",
    });
  });

  it("sends batches in the background before it is closed", async () => {
    const tracing = tracingTo(receiver.endpoint);
    for (let i = 0; i < 1500; i++) tracing.startSpan(`span ${i}`, "internal").end();
    for (let i = 0; receiver.spans.length < 1500 && i < 300; i++) await sleep(20);
    assert.equal(new Set(receiver.spans.map(({ name }) => name)).size, 1500);
  });

  it("bounds its queue and counts dropped spans while the receiver is away", async () => {
    const metrics = createMetrics("shop", "1.2.3");
    const tracing = tracingTo(`http://127.0.0.1:${await findFreePort()}`, { metrics });
    for (let i = 0; i < 5000; i++) tracing.startSpan("GET /", "server").end();
    const begun = performance.now();
    await tracing.close();
    assert.ok(performance.now() - begun < 500, "nothing listens there, so closing does not wait");
    const { values } = await metrics.registry.getSingleMetric("tracing_spans_total")!.get();
    const dropped = values.find(({ labels }) => labels.result === "dropped")?.value;
    assert.equal(dropped, 5000 - 2048);
  });

  it("sends a span within half a second of its end", async () => {
    const tracing = tracingTo(receiver.endpoint);
    tracing.startSpan("first", "internal").end();
    for (let i = 0; receiver.spans.length < 1 && i < 100; i++) await sleep(20);
    const ended = performance.now();
    tracing.startSpan("second", "internal").end();
    for (let i = 0; receiver.spans.length < 2 && i < 100; i++) await sleep(5);
    assert.ok(performance.now() - ended < 500, `${performance.now() - ended} ms`);
  });

  it("keeps spans while the receiver is away, says so once, and sends them when it is back", async () => {
    const told: Record<string, unknown>[] = [];
    const logger = createLogger(
      { ...service, level: "info" },
      { write: (line: string) => void told.push(JSON.parse(line) as Record<string, unknown>) },
    );
    const { port } = new URL(receiver.endpoint);
    await receiver.close();
    const tracing = tracingTo(`http://127.0.0.1:${port}`, { logger });
    for (let i = 0; i < 600; i++) tracing.startSpan(`span ${i}`, "internal").end();
    await sleep(900);
    assert.deepEqual(
      told.map(({ level, msg }) => [level, msg]),
      [["warn", "traces cannot be exported"]],
    );
    receiver = await startOtlpReceiver({ port: Number(port) });
    for (let i = 0; receiver.spans.length < 600 && i < 300; i++) await sleep(20);
    assert.equal(new Set(receiver.spans.map(({ name }) => name)).size, 600);
    assert.deepEqual(
      told.map(({ msg }) => msg),
      ["traces cannot be exported", "traces are exported again"],
    );
  });

  it("waits at most two seconds for a receiver that never answers", async () => {
    const deaf = await startOtlpReceiver({ hold: true });
    try {
      const tracing = tracingTo(deaf.endpoint);
      tracing.startSpan("GET /", "server").end();
      const begun = performance.now();
      await tracing.close();
      const ms = performance.now() - begun;
      assert.ok(ms > 1900 && ms < 4000, `closing took ${ms} ms`);
    } finally {
      await deaf.close();
    }
  });
});

describe("a service with and without an endpoint for traces", () => {
  it("does not load OpenTelemetry's SDK", async () => {
    const loaded = async (settings: string) => {
      const script = `
        const seen = [];
        (await import("node:module")).registerHooks({ resolve(name, context, next) { seen.push(name); return next(name, context); } });
        const { createTracing } = await import("@plinth/kit/telemetry/tracing.ts");
        const tracing = createTracing({ service: "shop", version: "1", ${settings} });
        tracing.startSpan("GET /", "server").end();
        await tracing.close();
        if (!seen.some((name) => name.endsWith("otlp-spans.ts"))) throw new Error("the hook sees nothing");
        console.log(seen.filter((name) => name.startsWith("@opentelemetry")).length);`;
      const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "-e", script], {
        cwd: import.meta.dirname,
      });
      return Number(stdout);
    };
    assert.equal(await loaded(""), 0);
    assert.equal(await loaded(`endpoint: "http://127.0.0.1:9"`), 0);
  });
});
