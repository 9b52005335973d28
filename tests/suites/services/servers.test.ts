import assert from "node:assert/strict";
import pg from "pg";
import { kafka, postgres, redis } from "../../support/servers/servers.ts";

/** Other tests kill these servers too: a failure here means that they are not to blame. */
const BACK_MS = 5000;

describe("the test servers", () => {
  const query = async (text: string) => {
    const client = new pg.Client((await postgres()).url);
    await client.connect();
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };

  it("have an application role that row-level security restricts (SDG-5)", async () => {
    assert.deepEqual(await query("select rolname, rolsuper, rolbypassrls from pg_roles where rolname = current_user"), [
      { rolname: "app", rolsuper: false, rolbypassrls: false },
    ]);
  });

  it("keep what a killed PostgreSQL had committed, and answer once it is ready", async () => {
    const server = await postgres();
    await query("create table kept (id int); insert into kept values (1)");
    await server.kill();
    await server.start();
    assert.deepEqual(await query("select id from kept"), [{ id: 1 }]);
  });

  it("have a broker that is back five seconds after a kill", async () => {
    const server = await kafka();
    const killed = performance.now();
    await server.kill();
    await server.start();
    assert.ok(performance.now() - killed < BACK_MS, `took ${Math.round(performance.now() - killed)} ms`);
  });

  it("have a cache", async () => assert.match((await redis()).url, /^redis:\/\/localhost:\d+$/));
});
