import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { runLoad } from "../../../../cli/load/load.ts";
import { smokeHighload } from "../../../../cli/smoke/highload.ts";
import { type RunningHighload, withHighload } from "../../../support/services/highload-client.ts";

describe("the smoke test of the high-load service (HLS-5)", () => {
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

  it("calls every route and sees by a metric that the cache served the second read", async () => {
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

  it("names the failed step and its reason", async () => {
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

  it("measures a load each second and removes its users", async () => {
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
