import assert from "node:assert/strict";
import { ServiceError } from "@plinth/kit/core/errors.ts";
import { createLogger } from "@plinth/kit/core/logger.ts";
import { createDatabase, type Database } from "@plinth/kit/database/database.ts";
import { createTenantDirectory } from "@plinth/kit/database/tenant-directory.ts";
import { type FaultProxy, startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { waitUntil } from "../../../../support/eventually.ts";
import { emptyDatabase, query, withPort } from "../../../../support/servers/databases.ts";
import { postgres } from "../../../../support/servers/servers.ts";

const logger = createLogger({ service: "test", version: "1", level: "silent" });

describe("the directory of tenants", () => {
  let url: string;
  let proxy: FaultProxy;
  let database: Database;
  let queries: number;

  beforeEach(async () => {
    url = await emptyDatabase();
    await query(
      url,
      "create table tenants (id bigint primary key); insert into tenants select generate_series(1, 500)",
    );
    proxy = await startFaultProxy((await postgres()).port);
    const schema = /search_path=(\w+)/.exec(decodeURIComponent(url))?.[1] ?? "";
    const pool = createDatabase({ url: withPort(url, proxy.port).split("?")[0] ?? "", logger, name: schema });
    queries = 0;
    database = {
      ...pool,
      query: (statement) => {
        queries++;
        return pool.query(statement);
      },
    };
  });
  afterEach(async () => {
    await database.close();
    await proxy.stop();
  });

  const lock = () => query(url, "create table locked_tenants (id bigint primary key, locked_at timestamptz)");

  it("asks for all tenants of one time together, and for a flood of made-up ones with one connection", async () => {
    const tenants = createTenantDirectory(database);
    const ids = Array.from({ length: 500 }, (_, index) => index + 251);
    assert.deepEqual(await Promise.all(ids.map((id) => tenants.knows(id))), [
      ...Array(250).fill(true),
      ...Array(250).fill(false),
    ]);
    assert.ok(queries <= 4, `${queries} queries`);
    assert.ok(proxy.acceptedConnections <= 2, `${proxy.acceptedConnections} connections`);
    const before = queries;
    for (const id of ids) assert.equal(await tenants.knows(id), id <= 500);
    assert.equal(queries, before, "answers are remembered");
  });

  it("locks a tenant out within seconds, and lets it in again", async () => {
    await lock();
    const tenants = createTenantDirectory(database);
    assert.deepEqual([await tenants.knows(7), await tenants.isLockedOut(7)], [true, false]);
    await query(url, "insert into locked_tenants values (7)");
    await waitUntil("it is locked out", async () => !(await tenants.knows(7)));
    assert.deepEqual([await tenants.isLockedOut(7), await tenants.isLockedOut(8)], [true, false]);
    await query(url, "delete from locked_tenants");
    await waitUntil("it is back", async () => tenants.knows(7));
    assert.equal(await tenants.isLockedOut(7), false);
  });

  it("serves the tenants that it knew while the database hangs or is away, and refuses to guess", async () => {
    const tenants = createTenantDirectory(database);
    assert.equal(await tenants.knows(7), true);
    await new Promise((resolve) => setTimeout(resolve, 2100));
    proxy.blackHole();
    const startedAt = performance.now();
    for (let request = 0; request < 5; request++) assert.equal(await tenants.knows(7), true);
    assert.ok(performance.now() - startedAt < 1500, "five requests waited once");
    proxy.resetConnections();
    await proxy.refuse();
    await assert.rejects(Promise.resolve(tenants.knows(8)), { code: "unavailable" });
    await proxy.heal();
    await waitUntil("the database answers", async () => (await tenants.knows(8)) && tenants.knows(7));
  });

  it("answers an address that names ever other tenants late and with rate_limited, and only that", async () => {
    const tenants = createTenantDirectory(database);
    let unknown = 1000;
    const ask = async (address: string) => {
      try {
        return await tenants.knows(++unknown, address);
      } catch (error) {
        assert.ok(error instanceof ServiceError);
        return error.code;
      }
    };
    const noisy = await Promise.all(Array.from({ length: 400 }, () => ask("10.0.0.1")));
    const limited = noisy.filter((answer) => answer === "rate_limited").length;
    assert.ok(limited >= 150 && limited <= 250, `${limited} of 400`);
    assert.equal(await ask("10.0.0.2"), false);
    assert.equal(await tenants.knows(9, "10.0.0.1"), true, "a tenant that exists is served from any address");
    const startedAt = performance.now();
    const later = await Promise.all(Array.from({ length: 50 }, () => ask("10.0.0.1")));
    assert.ok(later.includes("rate_limited"));
    assert.ok(performance.now() - startedAt > 200);
  });
});
