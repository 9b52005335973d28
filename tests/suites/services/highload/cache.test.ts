import assert from "node:assert/strict";
import { Redis } from "ioredis";
import { createUser, metric, type RunningHighload, withHighload } from "../../../support/services/highload-client.ts";
import { TENANT } from "../../../support/services/platform.ts";
import type { SendRequest } from "../../../support/services/wallet-client.ts";

describe("HLS-2 users of the high-load service, through the cache", () => {
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

  it("serves the second read from Redis, and says so in a metric", async () => {
    const { id } = await createUser(call);
    const first = await read(id);
    const before = await hits();
    const second = await read(id);
    assert.deepEqual(second.body, first.body);
    assert.equal((await hits()) - before, 1);
    assert.deepEqual(JSON.parse((await redis.get(keyOf(id))) ?? ""), first.body);
    assert.ok((await redis.ttl(keyOf(id))) <= 60);
    // What Redis holds is what is answered: proof that the hit came from there.
    await redis.set(keyOf(id), JSON.stringify({ ...first.body, first_name: "from the cache" }), "KEEPTTL");
    assert.equal((await read(id)).body.first_name, "from the cache");
  });

  it("caches no absence: a user is there as soon as it is created", async () => {
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

  it("never shows what was before a change that was answered, however many read meanwhile", async () => {
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
        // As if the guard's time were over: the next read fills the cache, and may be late in it.
        if (value % 3 === 0) await redis.del(keyOf(id));
      }
    } finally {
      writing = false;
    }
    await Promise.all(readers);
    assert.ok(reads > 60, `${reads} reads`);
  });

  it("takes no value for the key right after a change: whoever read the old row cannot cache it any more", async () => {
    const { id } = await createUser(call);
    await call("PUT", `/api/v1/users/${id}`, { first_name: "Jane" });
    assert.equal(await redis.set(keyOf(id), "what a late reader would write", "EX", 60, "NX"), null);
    assert.equal((await read(id)).body.first_name, "Jane");
  });

  it("answers, changes and removes while Redis is away, and says that it is", async () => {
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
