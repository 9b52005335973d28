import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { runLoad } from "../../../../cli/load/load.ts";
import { renderPlot } from "../../../../cli/load/plot.ts";
import { parseLoadSettings } from "../../../../cli/load/settings.ts";
import { smokeHighload } from "../../../../cli/smoke/highload.ts";
import { type RunningHighload, withHighload } from "../../../support/services/highload-client.ts";

describe("HLS-5 the smoke test of the high-load service", () => {
  let running: RunningHighload;
  withHighload((started) => {
    running = started;
  });
  let printed: string[];
  const { log } = console;
  beforeEach(() => {
    printed = [];
    console.log = (line: string) => void printed.push(line);
  });
  afterEach(() => {
    console.log = log;
  });

  it("goes through every route at any address, and sees by a metric that the cache served the second read", async () => {
    await smokeHighload(running.base);
    const steps = printed.map((line) => /^ok {4}(\w+( \w+)?)/.exec(line)?.[1]).filter(Boolean);
    assert.deepEqual(steps, [
      ...[
        "health",
        "create",
        "read",
        "read again",
        "conflict",
        "update",
        "list",
        "event",
        "processed",
        "events",
        "bad id",
        "delete",
        "gone",
      ],
    ]);
    assert.match(
      printed.find((line) => line.includes("read again")) ?? "",
      /from the cache: cache_requests_total\{result="hit"\} \d+ → \d+/,
    );
  });

  it("names the step that failed, and what was wrong", async () => {
    const server: Server = createServer((request, response) => {
      response.writeHead(request.method === "POST" ? 201 : 200, { "content-type": "application/json" });
      response.end('{"id":"1","email":"other"}');
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await assert.rejects(smokeHighload(base), /^The smoke test failed at 'create': email is "other", not "smoke-/);
      assert.ok(printed.includes("FAIL  create"));
    } finally {
      server.close();
    }
    await assert.rejects(
      smokeHighload("http://127.0.0.1:9"),
      /failed at 'health': http:\/\/127.0.0.1:9\/health cannot be reached/,
    );
  });

  it("puts load on it, with figures of each second, and leaves no user behind", async () => {
    const progress: number[] = [];
    const settings = { base: running.base, connections: 4, seconds: 2, rate: 200 };
    const result = await runLoad(settings, (second, number) => progress.push(number, second.requests));
    assert.ok(result.requests >= 100 && result.requests <= 500, `${result.requests} requests at 200 a second for 2 s`);
    assert.deepEqual([...result.rejected], []);
    assert.equal(result.unanswered, 0);
    assert.ok(result.p50 > 0 && result.p50 <= result.p95 && result.p95 <= result.p99);
    assert.equal(progress[0], 1);
    assert.ok(
      result.seconds.every(
        ({ eventLag, poolUsage }) => eventLag !== undefined && poolUsage !== undefined && poolUsage.max > 0,
      ),
    );
    const { body } = await running.call("GET", "/api/v1/users?limit=100");
    assert.ok(!body.some(({ email }: { email: string }) => email.startsWith("load-")));
  });
});

describe("HLS-5 the settings of a load", () => {
  const own = () => Promise.resolve("http://localhost:8080");

  it("are the stack's own service, 10 s and 32 connections", async () => {
    const usual = { base: "http://localhost:8080", connections: 32, seconds: 10, rate: undefined };
    assert.deepEqual(await parseLoadSettings({}, own), usual);
    assert.deepEqual(await parseLoadSettings({ BASE: "", RATE: "100", SECONDS: "5", CONNECTIONS: "2" }, own), {
      ...usual,
      rate: 100,
      seconds: 5,
      connections: 2,
    });
  });

  for (const base of ["http://127.0.0.1:1", "http://[::1]:1", "http://localhost:1/"])
    it(`may be ${base}`, async () =>
      assert.equal((await parseLoadSettings({ BASE: base }, own)).base, base.replace(/\/$/, "")));

  for (const [environment, words] of [
    [{ BASE: "https://shop.example" }, /shop.example is not this machine: .* add FORCE=1/],
    [{ BASE: "http://127.0.0.1.example:80" }, /is not this machine/],
    [{ BASE: "http://10.0.0.1" }, /is not this machine/],
    [{ BASE: "localhost:8080" }, /must be a URL/],
    [{ SECONDS: "0" }, /SECONDS is 0, but must be a whole number from 1 to 600/],
    [{ SECONDS: "3600" }, /SECONDS/],
    [{ CONNECTIONS: "x" }, /CONNECTIONS is x/],
    [{ RATE: "1.5" }, /RATE is 1.5/],
  ] as const)
    it(`are refused: ${JSON.stringify(environment)}`, () => assert.rejects(parseLoadSettings(environment, own), words));

  it("reach further with FORCE=1", async () => {
    assert.equal(
      (await parseLoadSettings({ BASE: "https://shop.example", FORCE: "1" }, own)).base,
      "https://shop.example",
    );
  });
});

describe("HLS-5 the plot of a load", () => {
  it("has a curve for each figure, as high as it says, whatever the title holds", () => {
    const svg = renderPlot("<a> & b", [
      { title: "RPS", curves: [{ name: "RPS", colour: "#000", values: [0, 50, 100] }] },
    ]);
    assert.match(svg, /&lt;a> &amp; b/);
    const points = /<polyline [^>]*points="([^"]+)"/
      .exec(svg)![1]!
      .split(" ")
      .map((point) => point.split(",").map(Number));
    assert.deepEqual(
      points.map(([x]) => x),
      [70, 425, 780],
    );
    const [low, middle, high] = points.map(([, y]) => y!);
    assert.ok(low! > middle! && middle! > high!);
    assert.equal(low! - middle!, middle! - high!);
  });

  it("is well-formed with nothing in it", () =>
    assert.match(renderPlot("none", [{ title: "RPS", curves: [] }]), /<\/svg>\n$/));
});
