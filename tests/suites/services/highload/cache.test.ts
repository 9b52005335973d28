import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { createUser, metric, type RunningHighload, withHighload } from "../../../support/services/highload-client.ts";
import { TENANT } from "../../../support/services/platform.ts";
import type { SendRequest } from "../../../support/services/wallet-client.ts";

describe("cached users of the high-load service (HLS-2)", () => {
  let running: RunningHighload;
  let call: SendRequest;
  let redis: Redis;
  withHighload((started) => {
    running = started;
    call = started.call;
    redis = new Redis(started.at.cache.url);
    // A test kills the server.
    redis.on("error", () => undefined);
  });
  after(() => redis.disconnect());
  const read = (id: string) => call("GET", `/api/v1/users/${id}`);
  const hits = () => metric(running.base, "cache_requests_total", 'result="hit"');
  const keyOf = (id: string) => `highload:user:${TENANT}:${id}`;

  it("serves the second read from Redis and counts it", async () => {
    const { id } = await createUser(call);
    const first = await read(id);
    const before = await hits();
    const second = await read(id);
    assert.deepEqual(second.body, first.body);
    assert.equal((await hits()) - before, 1);
    assert.deepEqual(JSON.parse((await redis.get(keyOf(id))) ?? ""), first.body);
    assert.ok((await redis.ttl(keyOf(id))) <= 60);
    // A changed value in Redis shows that the answer comes from there.
    await redis.set(keyOf(id), JSON.stringify({ ...first.body, first_name: "from the cache" }), "KEEPTTL");
    assert.equal((await read(id)).body.first_name, "from the cache");
  });

  it("does not cache that a user is absent", async () => {
    const { id } = await createUser(call);
    await call("DELETE", `/api/v1/users/${id}`);
    assert.equal((await read(id)).status, 404);
    assert.equal((await redis.get(keyOf(id)))?.startsWith("{") ?? false, false);
  });

  it("shows a change and a removal at once", async () => {
    const { id } = await createUser(call);
    await read(id);
    await call("PUT", `/api/v1/users/${id}`, { first_name: "Jane" });
    for (const _ of [1, 2]) assert.equal((await read(id)).body.first_name, "Jane");
    await call("DELETE", `/api/v1/users/${id}`);
    for (const _ of [1, 2]) assert.equal((await read(id)).status, 404);
  });

  it("never shows the old value after a change was answered, under parallel reads", async () => {
    const { id } = await createUser(call, { first_name: "0" });
    let answered = 0;
    let writing = true;
    let reads = 0;
    const readers = Array.from({ length: 6 }, async () => {
      while (writing) {
        const least = answered;
        const seen = Number((await read(id)).body.first_name);
        reads++;
        assert.ok(seen >= least, `read ${seen} after ${least} was answered`);
      }
    });
    try {
      for (let value = 1; value <= 60; value++) {
        assert.equal((await call("PUT", `/api/v1/users/${id}`, { first_name: String(value) })).status, 200);
        answered = value;
        // As if the mark of the change had expired: the next read fills the cache, perhaps late.
        if (value % 3 === 0) await redis.del(keyOf(id));
      }
    } finally {
      writing = false;
    }
    await Promise.all(readers);
    assert.ok(reads > 60, `${reads} reads`);
  });

  it("takes no value for a key right after a change, so that a slow reader cannot cache the old row", async () => {
    const { id } = await createUser(call);
    await call("PUT", `/api/v1/users/${id}`, { first_name: "Jane" });
    assert.equal(await redis.set(keyOf(id), "what a late reader would write", "EX", 60, "NX"), null);
    assert.equal((await read(id)).body.first_name, "Jane");
  });

  it("reads, changes and removes while Redis is away, and reports that it is", async () => {
    const { id } = await createUser(call);
    await read(id);
    await running.at.cache.kill();
    try {
      assert.equal((await read(id)).status, 200);
      const { status, body } = await call("PUT", `/api/v1/users/${id}`, { first_name: "Jane" });
      assert.deepEqual([status, body.first_name], [200, "Jane"]);
      assert.equal((await read(id)).body.first_name, "Jane");
      const ready = await (await fetch(`${running.base}/ready`)).json();
      assert.deepEqual((ready as { checks: Record<string, string> }).checks.cache, "down");
      assert.ok((await metric(running.base, "cache_requests_total", 'result="error"')) > 0);
      assert.equal((await call("DELETE", `/api/v1/users/${id}`)).status, 204);
    } finally {
      await running.at.cache.start();
    }
  });
});
