import assert from "node:assert/strict";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { pushRequestLines } from "@plinth/kit/http/loki-request-lines.ts";
import { createHttpServer } from "@plinth/kit/http/server.ts";
import { requireTenant } from "@plinth/kit/http/tenant.ts";
import { createLoki, type Loki } from "@plinth/kit/telemetry/loki.ts";
import { createMetrics, type Metrics } from "@plinth/kit/telemetry/metrics.ts";
import { createTracing } from "@plinth/kit/telemetry/tracing.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { type FakeLoki, startFakeLoki } from "../../../../support/kit/fake-loki.ts";
import { oddValues } from "../../../../support/odd-values.ts";

const labels = { service: "shop", env: "test", version: "1.2.3" };
const tenants = { knows: (tenant: number) => tenant === 10_001 || tenant === 10_002 };
const logger = createLogger({ ...labels, level: "silent" });
const of = (tenant: string) => ({ "x-tenant-id": tenant });

describe("direct push to Loki (INF-12)", () => {
  let fake: FakeLoki;
  let telemetry: Metrics;
  let loki: Loki;
  const count = async (result: string) => {
    const { values } = await telemetry.registry.getSingleMetric("loki_lines_total")!.get();
    return values.find(({ labels }) => labels.result === result)?.value ?? 0;
  };
  const use = (url: string) => {
    telemetry = createMetrics("shop", "1.2.3");
    loki = createLoki({ url, labels, logger, metrics: telemetry, compress: true }, tenants);
  };

  beforeEach(async () => {
    fake = await startFakeLoki();
    use(fake.url);
  });
  afterEach(async () => {
    await loki.close();
    await fake.close();
  });

  it("takes the tenant from the request's header and labels service, env and version", async () => {
    await loki.push(of("10001"), { level: "info", msg: "order placed", order: 7, token: "hunter2" });
    await waitUntil("the line arrives by itself", () => fake.entries.length > 0);
    const [{ tenant, labels: sent, line, time }] = fake.entries as [(typeof fake.entries)[0]];
    assert.deepEqual([tenant, sent], ["10001", labels]);
    assert.deepEqual(line, { level: "info", msg: "order placed", order: 7, token: "[redacted]" });
    assert.ok(Math.abs(Number(time / 1_000_000n) - Date.now()) < 10_000);
    await waitUntil("it is counted", async () => (await count("pushed")) === 1);
  });

  it("pushes a line of whatever it is given, and never rejects", async () => {
    const lines = oddValues().flatMap(([, value]) => [
      { level: "error", msg: "failed", value },
      { level: "error", msg: value },
      { level: "error", msg: "failed", err: new Error("x", { cause: value }) },
      value,
    ]) as Parameters<Loki["push"]>[1][];
    for (const line of lines) await loki.push(of("10001"), line);
    await loki.close();
    assert.equal((await count("pushed")) + (await count("dropped")), lines.length);
    assert.ok(fake.entries.length > lines.length / 2, `${fake.entries.length} of ${lines.length}`);
  });

  it("keeps tenants' lines apart and in order, each once", async () => {
    for (let n = 0; n < 3000; n++) await loki.push(of(n % 3 ? "10001" : "10002"), { level: "info", msg: "same" });
    await loki.close();
    const times = (tenant: string) => fake.entries.filter((entry) => entry.tenant === tenant).map(({ time }) => time);
    assert.deepEqual([times("10001").length, times("10002").length], [2000, 1000]);
    for (const tenant of ["10001", "10002"]) {
      // Loki keeps one of two lines that are alike in time and text.
      assert.equal(new Set(times(tenant)).size, times(tenant).length);
      assert.deepEqual(times(tenant), times(tenant).toSorted());
    }
    assert.ok(fake.requests.length <= 10, `${fake.requests.length} requests for 3000 lines`);
    assert.ok(fake.requests.some(({ encoding }) => encoding === "gzip"));
  });

  const refused: [string, string | undefined, string][] = [
    ["missing", undefined, "tenant_required"],
    ["empty", "", "tenant_required"],
    ["a word", "shop", "tenant_invalid"],
    ["negative", "-1", "tenant_invalid"],
    ["zero", "0", "tenant_invalid"],
    ["a fraction", "10001.5", "tenant_invalid"],
    ["beyond 2^53", "9007199254740993", "tenant_invalid"],
    ["two of them", "10001, 10002", "tenant_invalid"],
    ["a path", "10001|10002", "tenant_invalid"],
    ["unknown", "10003", "tenant_unknown"],
  ];
  for (const [what, header, code] of refused) {
    it(`pushes nothing if the tenant is ${what}, whatever the environment says`, async () => {
      const before = process.env.TENANT_ID;
      process.env.TENANT_ID = process.env.DEFAULT_TENANT_ID = "10001";
      try {
        await assert.rejects(loki.push(header === undefined ? {} : of(header), { level: "info", msg: "x" }), {
          code,
          status: 400,
        });
      } finally {
        delete process.env.DEFAULT_TENANT_ID;
        if (before === undefined) delete process.env.TENANT_ID;
        else process.env.TENANT_ID = before;
      }
      await loki.close();
      assert.deepEqual(fake.requests, []);
    });
  }

  it("repeats lines that Loki could not take, and drops lines that it refuses", async () => {
    fake.failWith = 503;
    await loki.push(of("10001"), { level: "info", msg: "first" });
    await waitUntil("it was tried twice", () => fake.requests.length >= 2);
    fake.failWith = undefined;
    await waitUntil("it arrives", () => fake.entries.length === 1);
    fake.failWith = 400;
    await loki.push(of("10001"), { level: "info", msg: "second" });
    await waitUntil("it is refused", async () => (await count("refused")) === 1);
    fake.failWith = undefined;
    await loki.push(of("10001"), { level: "info", msg: "third" });
    await waitUntil("the next one arrives", () => fake.entries.length === 2);
    assert.deepEqual(
      fake.entries.map(({ line }) => line.msg),
      ["first", "third"],
    );
  });

  it("takes only 204 for success", async () => {
    fake.failWith = 200;
    await loki.push(of("10001"), { level: "info", msg: "first" });
    await waitUntil("it is refused", async () => (await count("refused")) === 1);
  });

  it("queues a bounded part while Loki is away, counts the rest, and sends the queue afterwards", async () => {
    const port = await findFreePort();
    use(`http://127.0.0.1:${port}`);
    const filler = "x".repeat(10_000);
    const begun = performance.now();
    for (let n = 0; n < 600; n++) await loki.push(of("10001"), { level: "info", msg: "line", n, filler });
    assert.ok(performance.now() - begun < 2000, "pushing does not wait");
    const dropped = await count("dropped");
    assert.ok(dropped >= 280 && dropped < 300, `${dropped} of 6 MB were dropped, with room for three of 4 MiB`);
    const back = await startFakeLoki(port);
    try {
      await waitUntil("what was kept arrives", () => back.entries.length === 600 - dropped);
      assert.deepEqual(
        back.entries.map(({ line }) => line.n),
        Array.from({ length: 600 - dropped }, (_, n) => n),
      );
      await waitUntil("their place is free", async () => (await count("pushed")) === 600 - dropped);
      await loki.push(of("10001"), { level: "info", msg: "there is room again" });
      await waitUntil("it arrives", () => back.entries.at(-1)?.line.msg === "there is room again");
    } finally {
      await loki.close();
      await back.close();
    }
  });

  it("sends lines that arrived while a slow push failed", async () => {
    fake.failWith = 503;
    // Longer than lines are gathered for.
    fake.slowMs = 700;
    await loki.push(of("10001"), { level: "info", msg: "first" });
    await waitUntil("the first push is under way", () => fake.requests.length === 1);
    await loki.push(of("10001"), { level: "info", msg: "second" });
    await waitUntil("the push was tried again", () => fake.requests.length >= 2, Boolean, 5000);
    Object.assign(fake, { failWith: undefined, slowMs: 0 });
    await waitUntil("both arrive", () => fake.entries.length === 2, Boolean, 5000);
  }).timeout(15_000);

  it("keeps room for every tenant while Loki takes nothing of one", async () => {
    fake.limited = "10001";
    const filler = "x".repeat(10_000);
    for (let n = 0; n < 1000; n++) await loki.push(of("10001"), { level: "info", msg: "flood", filler });
    assert.ok((await count("dropped")) > 0);
    await loki.push(of("10002"), { level: "info", msg: "of another tenant", filler });
    await waitUntil("the other tenant's line arrives", () => fake.entries.length === 1, Boolean, 5000);
    assert.equal(fake.entries[0]!.tenant, "10002");
  });

  it("logs once that one tenant's lines are not taken, however many of others are", async () => {
    const told: string[] = [];
    const logger = createLogger({ ...labels, level: "info" }, { write: (line: string) => void told.push(line) });
    loki = createLoki({ url: fake.url, labels, logger, metrics: createMetrics("shop", "1.2.3") }, tenants);
    fake.limited = "10001";
    await loki.push(of("10001"), { level: "info", msg: "not taken" });
    for (let n = 1; n <= 3; n++) {
      await loki.push(of("10002"), { level: "info", msg: "taken" });
      await waitUntil(
        "it is taken, and the other was tried again",
        () => fake.entries.length === n && fake.requests.length > 2 * n,
      );
    }
    assert.equal(told.length, 1, told.join(""));
    fake.limited = undefined;
    await waitUntil("it is over", () => told.length === 2);
    assert.match(told[1]!, /Loki takes lines again/);
  }).timeout(10_000);

  it("closes at once while no Loki listens, and counts the lines it left", async () => {
    use(`http://127.0.0.1:${await findFreePort()}`);
    await loki.push(of("10001"), { level: "info", msg: "x" });
    const begun = performance.now();
    await loki.close();
    assert.ok(performance.now() - begun < 500, "nothing listens there, so it does not wait");
    assert.equal(await count("dropped"), 1);
  });

  it("pushes lines of failed requests only, if told so", async () => {
    const http = await createHttpServer({ title: "Shop", description: "", version: "1", logger, metrics: telemetry });
    await http.register(async (api) => {
      requireTenant(api, tenants);
      pushRequestLines(api, loki, 400);
      api.get("/orders/:id", (_request, reply) => reply.code(409).send());
      api.get("/orders", () => []);
    });
    for (const url of ["/orders", "/orders/7"]) await http.inject({ url, headers: of("10001") });
    await http.close();
    await loki.close();
    assert.deepEqual(
      fake.entries.map(({ line }) => [line.route, line.status, line.level]),
      [["/orders/:id", 409, "info"]],
    );
  });

  it("pushes a line for each request that names a tenant and none for others", async () => {
    const http = await createHttpServer({
      title: "Shop",
      description: "",
      version: "1",
      logger,
      metrics: telemetry,
      tracing: createTracing(labels),
    });
    await http.register(async (api) => {
      requireTenant(api, tenants, 10_001);
      pushRequestLines(api, loki);
      api.get("/orders/:id", (request) => ({ tenant: request.tenantId }));
    });
    const base = await http.listen({ host: "127.0.0.1", port: 0 });
    try {
      const status = async (headers: Record<string, string>) => (await fetch(`${base}/orders/7`, { headers })).status;
      assert.deepEqual(
        [
          await status({ ...of("10002"), "x-correlation-id": "order-7" }),
          await status({}),
          await status(of("x")),
          await status(of("10003")),
        ],
        [200, 200, 400, 400],
      );
    } finally {
      await http.close();
    }
    await loki.close();
    assert.equal(fake.entries.length, 1);
    const { tenant, line } = fake.entries[0]!;
    const { trace_id, span_id, duration_ms, ...rest } = line;
    assert.match(`${trace_id} ${span_id}`, /^[0-9a-f]{32} [0-9a-f]{16}$/);
    assert.equal(typeof duration_ms, "number");
    assert.deepEqual(
      [tenant, rest],
      [
        "10002",
        { level: "info", msg: "request", correlation_id: "order-7", method: "GET", route: "/orders/:id", status: 200 },
      ],
    );
  });
});
