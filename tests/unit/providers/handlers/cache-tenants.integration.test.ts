import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import type { CacheTenantsInputs } from "@plinth/providers/cache-tenants.ts";
import { createCacheTenantsHandler } from "@plinth/providers/handlers/cache-tenants.ts";
import { tenantKeyPrefix, tenantName, tenantPassword } from "@plinth/providers/tenancy/names.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { Redis } from "ioredis";
import { type CuttingProxy, startCuttingProxy } from "../../../support/servers/cutting-proxy.ts";
import { type Server, redis as startRedis } from "../../../support/servers/servers.ts";

const handler = createCacheTenantsHandler();
const secret = "a secret of the tests";

describe("CacheTenants on a real Redis (PLT-6)", function () {
  this.timeout(60_000);
  let server: Server;
  let admin: Redis;
  const open: Redis[] = [];
  const inputs = (tenants: string, changes: Partial<CacheTenantsInputs> = {}): CacheTenantsInputs => ({
    cacheUrl: server.url,
    tenants,
    secret,
    providerVersion: 1,
    ...changes,
  });
  const names = async () =>
    ((await admin.acl("USERS")) as string[]).filter((name) => name.startsWith("tenant-")).sort();
  const connect = (options: object) => {
    const client = new Redis(server.port, "127.0.0.1", {
      enableReadyCheck: false,
      retryStrategy: () => null,
      ...options,
    });
    client.on("error", () => undefined);
    open.push(client);
    return client;
  };
  /** Connects as the tenant. */
  const as = (id: number) => connect({ username: tenantName(id), password: tenantPassword(secret, id) });
  /** How many changes of users the server has counted. */
  const setUserCalls = async () =>
    Number(/cmdstat_acl\|setuser:calls=(\d+)/.exec(await admin.info("commandstats"))?.[1] ?? 0);

  before(async () => {
    server = await startRedis();
    admin = connect({});
  });
  beforeEach(async () => {
    const stale = await names();
    if (stale.length > 0) await admin.acl("DELUSER", ...stale);
    await admin.flushall();
  });
  after(() => {
    for (const client of open) client.disconnect();
  });

  it("creates a user for every tenant, and finds no change", async () => {
    const { id, outs } = await handler.create(inputs("1,5-7"));
    assert.deepEqual([id, outs.users], ["cache-tenants", 4]);
    assert.deepEqual(await names(), ["tenant-1", "tenant-5", "tenant-6", "tenant-7"]);
    assert.equal(await as(6).set(`${tenantKeyPrefix(6)}wallet:balance`, "5"), "OK");
    assert.deepEqual(await handler.diff(id, outs, inputs("1,5-7")), { changes: false });
    const read = await handler.read(id, outs);
    assert.deepEqual([read.id, read.props, read.inputs], [id, outs, inputs("1,5-7")]);
    assert.doesNotMatch(
      JSON.stringify({ rules: outs.rules, durable: outs.durable, users: outs.users }),
      new RegExp(tenantPassword(secret, 6)),
    );
  });

  describe("a tenant's connection", () => {
    let tenant: Redis;
    beforeEach(async () => {
      await handler.create(inputs("1-2"));
      await admin.set("t:2:secret", "theirs");
      await admin.set("wallet:tenant:2", "1");
      tenant = as(1);
    });

    it("may use its own keys and channels", async () => {
      assert.equal(await tenant.set("t:1:a", "1", "EX", 60), "OK");
      assert.equal(await tenant.incr("t:1:a"), 2);
      assert.equal(await tenant.hset("t:1:h", "f", "v"), 1);
      assert.equal(await tenant.lpush("t:1:l", "x"), 1);
      assert.equal(await tenant.zadd("t:1:z", 1, "m"), 1);
      assert.ok(await tenant.xadd("t:1:s", "*", "f", "v"));
      assert.deepEqual(await tenant.multi().set("t:1:b", "2").del("t:1:a").exec(), [
        [null, "OK"],
        [null, 1],
      ]);
      assert.ok((await tenant.ttl("t:1:h")) === -1 && (await tenant.expire("t:1:h", 5)) === 1);
      assert.equal(await tenant.ping(), "PONG");
      const heard = new Promise((resolve) => tenant.once("message", (channel, text) => resolve([channel, text])));
      await tenant.subscribe("t:1:news");
      assert.equal(await as(1).publish("t:1:news", "hello"), 1);
      assert.deepEqual(await heard, ["t:1:news", "hello"]);
    });

    for (const [what, ...command] of [
      ["reads another tenant's key", "GET", "t:2:secret"],
      ["reads several, one of them its own", "MGET", "t:1:a", "t:2:secret"],
      ["writes another tenant's key", "SET", "t:2:secret", "mine"],
      ["deletes it", "DEL", "t:2:secret"],
      ["takes it over by a new name", "RENAME", "t:2:secret", "t:1:a"],
      ["copies it", "COPY", "t:2:secret", "t:1:a"],
      ["asks whether it is there", "EXISTS", "t:2:secret"],
      ["asks how it is kept", "OBJECT", "ENCODING", "t:2:secret"],
      ["reads a service's shared key", "GET", "wallet:tenant:2"],
      ["reads a tenant's whose number begins like its own", "GET", "t:10:a"],
      ["publishes to another tenant", "PUBLISH", "t:2:news", "x"],
      ["listens to another tenant", "SUBSCRIBE", "t:2:news"],
      ["listens to all", "PSUBSCRIBE", "*"],
      ["listens to changes of keys", "PSUBSCRIBE", "__keyspace@0__:*"],
      ["tracks changes", "CLIENT", "TRACKING", "on", "BCAST"],
      ["lists channels", "PUBSUB", "CHANNELS"],
      ["scans", "SCAN", "0"],
      ["scans its own prefix", "SCAN", "0", "MATCH", "t:1:*"],
      ["lists keys", "KEYS", "*"],
      ["draws a key", "RANDOMKEY"],
      ["counts keys", "DBSIZE"],
      ["sorts by another tenant's keys", "SORT", "t:1:l", "BY", "t:2:*"],
      ["runs a script", "EVAL", "return redis.call('get', 't:2:secret')", "0"],
      ["loads a function", "FUNCTION", "LOAD", "#!lua name=x\nredis.register_function('f', function() end)"],
      ["empties the database", "FLUSHDB"],
      ["takes another database", "SELECT", "1"],
      ["asks about the server", "INFO"],
      ["reads settings", "CONFIG", "GET", "*"],
      ["lists users", "ACL", "LIST"],
      ["lists connections", "CLIENT", "LIST"],
      ["watches all commands", "MONITOR"],
    ] as const) {
      it(`is refused when it ${what}`, async () => {
        const [name, ...args] = command;
        await assert.rejects(async () => tenant.call(name, ...args), /^ReplyError: NOPERM/);
        assert.deepEqual(await admin.mget("t:2:secret", "wallet:tenant:2"), ["theirs", "1"]);
      });
    }

    it("has no rights after RESET if the default user has a password", async () => {
      await admin.config("SET", "requirepass", "s3cret");
      try {
        assert.equal(await tenant.call("RESET"), "RESET");
        await assert.rejects(tenant.get("t:2:secret"), /NOAUTH/);
      } finally {
        await admin.config("SET", "requirepass", "");
      }
    });

    it("is refused with another tenant's password", async () => {
      await assert.rejects(
        connect({ username: tenantName(1), password: tenantPassword(secret, 2) }).ping(),
        /WRONGPASS|closed/,
      );
    });
  });

  it("writes nothing without a change, and one user for a new tenant", async () => {
    const { outs } = await handler.create(inputs("1-50"));
    const calls = await setUserCalls();
    const { outs: same } = await handler.update("cache-tenants", outs, inputs("1-50"));
    assert.equal(await setUserCalls(), calls);
    assert.deepEqual(same, outs);
    await handler.update("cache-tenants", outs, inputs("1-51"));
    assert.equal(await setUserCalls(), calls + 1);
  });

  it("removes the user and the connections of a leaving tenant, and keeps its keys", async () => {
    const { outs } = await handler.create(inputs("1-3"));
    const tenant = as(2);
    await tenant.set("t:2:a", "kept");
    const ended = new Promise((resolve) => tenant.once("end", resolve));
    const { outs: fewer } = await handler.update("cache-tenants", outs, inputs("1,3"));
    await ended;
    assert.deepEqual(await names(), ["tenant-1", "tenant-3"]);
    await handler.delete("cache-tenants", fewer);
    assert.deepEqual(await names(), []);
    assert.equal(await admin.get("t:2:a"), "kept");
  });

  it("changes every password with the secret", async () => {
    const { outs } = await handler.create(inputs("1-2"));
    const next = inputs("1-2", { secret: "another secret of the tests" });
    assert.equal((await handler.diff("cache-tenants", outs, next)).changes, true);
    await handler.update("cache-tenants", outs, next);
    await assert.rejects(as(1).ping(), /WRONGPASS|closed/);
    const renewed = connect({ username: tenantName(1), password: tenantPassword(next.secret, 1) });
    assert.equal(await renewed.ping(), "PONG");
  });

  it("shows changed and removed users as drift, and sets them again", async () => {
    const { outs } = await handler.create(inputs("1-8"));
    await admin.acl("SETUSER", "tenant-2", "~*");
    await admin.acl("SETUSER", "tenant-3", ">a second password");
    await admin.acl("SETUSER", "tenant-4", "off");
    await admin.acl("SETUSER", "tenant-5", "+scan");
    await admin.acl("SETUSER", "tenant-6", "nopass");
    await admin.acl("DELUSER", "tenant-7");
    const read = await handler.read("cache-tenants", outs);
    assert.deepEqual(
      [read.id, read.props.tenants, read.props.users, read.inputs?.tenants],
      ["cache-tenants", "1,8", 2, "1,8"],
    );
    assert.equal((await handler.diff("cache-tenants", read.props, inputs("1-8"))).changes, true);
    const { outs: mended } = await handler.update("cache-tenants", read.props, inputs("1-8"));
    assert.deepEqual(mended, outs);
    assert.equal((await handler.read("cache-tenants", mended)).props.tenants, "1-8");
  });

  it("is gone for a refresh without any user", async () => {
    const { outs } = await handler.create(inputs("1-2"));
    await admin.acl("DELUSER", "tenant-1", "tenant-2");
    assert.equal((await handler.read("cache-tenants", outs)).id, "");
  });

  it("plans to create missing users again, without a refresh", async () => {
    const { outs } = await handler.create(inputs("1-3"));
    await admin.acl("DELUSER", "tenant-2");
    assert.deepEqual(await handler.diff("cache-tenants", outs, inputs("1-3")), { changes: true });
    await handler.update("cache-tenants", outs, inputs("1-3"));
    assert.deepEqual(await names(), ["tenant-1", "tenant-2", "tenant-3"]);
  });

  describe("over a connection that breaks", () => {
    let proxy: CuttingProxy | undefined;
    afterEach(() => proxy?.stop());

    for (const marker of ["USERS", "tenant-250", "SAVE"]) {
      it(`converges when the answer to '${marker}' is lost (PLT-10)`, async () => {
        proxy = await startCuttingProxy(server.port, marker);
        const { outs } = await handler.create(inputs("1-300", { cacheUrl: `redis://127.0.0.1:${proxy.port}` }));
        assert.deepEqual([proxy.cuts(), outs.users], [1, 300]);
        assert.equal((await names()).length, 300);
      });
    }
  });

  it("refuses a user that may not administer users, and hides its password", async () => {
    await admin.acl("SETUSER", "tenant-poor", "reset", "on", ">s3cret", "~*", "+ping");
    const cacheUrl = `redis://tenant-poor:s3cret@127.0.0.1:${server.port}`;
    await assert.rejects(handler.create(inputs("1", { cacheUrl })), (error: Error) => {
      assert.match(
        error.message,
        /^the cache's user may not administer users: give it '\+acl', or tenants the setting cache: shared/,
      );
      assert.doesNotMatch(`${error.message}${error.stack}`, /s3cret/);
      return true;
    });
    await assert.rejects(
      handler.create(inputs("1", { cacheUrl: cacheUrl.replace("s3cret", "wr0ng") })),
      (error: Error) => {
        assert.match(
          error.message,
          /^the cache redis:\/\/tenant-poor@127\.0\.0\.1:\d+ did not serve the request: WRONGPASS/,
        );
        assert.doesNotMatch(`${error.message}${error.stack}`, /wr0ng/);
        return true;
      },
    );
  });

  it("keeps its users over a crash of the local stack's cache (PLT-9)", async () => {
    const { outs } = await handler.create(inputs("1-2"));
    assert.equal(outs.durable, true);
    await server.kill();
    await server.start();
    admin = connect({});
    assert.deepEqual(await names(), ["tenant-1", "tenant-2"]);
    assert.equal(await as(1).set("t:1:a", "1"), "OK");
    assert.deepEqual(await handler.diff("cache-tenants", outs, inputs("1-2")), { changes: false });
  });

  describe("with a cache that keeps users only in memory", () => {
    let cacheUrl: string;
    let bare: ChildProcess;
    before(async () => {
      const port = await findFreePort();
      cacheUrl = `redis://127.0.0.1:${port}`;
      bare = spawn("redis-server", ["--port", String(port), "--bind", "127.0.0.1", "--save", ""], { stdio: "ignore" });
    });
    after(() => bare.kill());

    it("creates 10,000 users in seconds, and says that a restart loses them", async () => {
      const desired = inputs("10001-20000", { cacheUrl });
      const before = process.cpuUsage();
      const { outs } = await handler.create(desired);
      // CPU time, so that other work of the machine does not count.
      const { user, system } = process.cpuUsage(before);
      assert.ok(user + system < 2e6, `${(user + system) / 1e6} s`);
      assert.deepEqual([outs.users, outs.durable], [10_000, false]);
      assert.deepEqual(await handler.diff("cache-tenants", outs, desired), { changes: false });
      await handler.delete("cache-tenants", outs);
      assert.deepEqual(await handler.diff("cache-tenants", outs, desired), { changes: true });
    });
  });
});
