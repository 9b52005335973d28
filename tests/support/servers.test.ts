import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { kafka, postgres, redis } from "./servers.ts";

describe("the servers that tests run on", () => {
  it("start PostgreSQL with an application role that is no superuser", async () => {
    const { default: pg } = await import("pg");
    const client = new pg.Client((await postgres()).url);
    await client.connect();
    const { rows } = await client.query("select rolsuper, rolname from pg_roles where rolname = current_user");
    await client.end();
    assert.deepEqual(rows, [{ rolsuper: false, rolname: "app" }]);
  });
  it("start Kafka", async () => {
    const s = Date.now();
    const k = await kafka();
    console.log(Date.now() - s, spawnSync("grep", ["VmRSS", `/proc/${k.pid()}/status`]).stdout.toString());
    console.log(k.log());
    const t = Date.now();
    await k.kill();
    await k.start();
    console.log("restart", Date.now() - t);
  });
  it("start Redis", async () => {
    await redis();
  });
});
