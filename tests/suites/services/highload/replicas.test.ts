import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { type FaultProxy, startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import type { ServiceProcess } from "@plinth/kit/testing/service-process.ts";
import { Redis } from "ioredis";
import { createUser } from "../../../support/services/highload-client.ts";
import { platform, TENANT } from "../../../support/services/platform.ts";
import { createProcessOf } from "../../../support/services/service-process.ts";
import { requestsTo } from "../../../support/services/wallet-client.ts";

const READERS = 24;
const READS = 10_000;

describe("two replicas of the high-load service (HLS-2)", () => {
  let replicas: ServiceProcess[];
  let redis: Redis;
  let proxy: FaultProxy;
  before(async () => {
    const at = await platform();
    redis = new Redis(at.cache.url);
    // The reading replica is slower to learn what it asked the database.
    proxy = await startFaultProxy(at.database.port);
    proxy.delay(4, "answers");
    const slow = new URL(at.database.url);
    slow.host = `127.0.0.1:${proxy.port}`;
    const environments = [{}, { DATABASE_URL: slow.href }];
    replicas = await Promise.all(
      environments.map((more) => createProcessOf(at, "highload", { LOG_LEVEL: "silent", ...more })),
    );
    await Promise.all(replicas.map((replica) => replica.start()));
  });
  after(async () => {
    redis.disconnect();
    await Promise.all(replicas.map((replica) => replica.stop()));
    await proxy.stop();
  });

  it("show a change on either from the moment on that one has answered it", async () => {
    const [writing, reading] = replicas.map(({ baseUrl }) => requestsTo(baseUrl));
    assert.ok(writing && reading);
    const { id } = await createUser(writing, { first_name: "0" });
    let answered = 0;
    let reads = 0;
    let stale = 0;
    const readers = Array.from({ length: READERS }, async (_, index) => {
      const read = index % 4 === 0 ? writing : reading;
      while (reads < READS) {
        // Readers that share an answer would otherwise go on in step.
        await sleep(Math.random() * 5);
        const least = answered;
        const { body } = await read("GET", `/api/v1/users/${id}`);
        reads++;
        if (!(Number(body.first_name) >= least)) stale++;
      }
    });
    let changes = 0;
    while (reads < READS) {
      const { status } = await writing("PUT", `/api/v1/users/${id}`, { first_name: String(++changes) });
      assert.equal(status, 200);
      answered = changes;
      // As if the mark of the change had expired: the next reads fill the cache again.
      if (changes % 3 === 0) await redis.del(`highload:user:${TENANT}:${id}`);
    }
    await Promise.all(readers);
    assert.ok(changes > 50, `${changes} changes`);
    assert.equal(stale, 0, `${stale} of ${reads} reads that began after a change was answered got the older value`);
  });
});
