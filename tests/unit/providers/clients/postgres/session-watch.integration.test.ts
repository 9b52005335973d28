import assert from "node:assert/strict";
import { startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import { UnreachableError } from "@plinth/providers/clients/errors.ts";
import { withDatabase } from "@plinth/providers/clients/postgres/database.ts";
import pg from "pg";
import { eventually } from "../../../../support/eventually.ts";
import { postgres } from "../../../../support/servers/servers.ts";

describe("A session of a provider (PLT-10)", function () {
  this.timeout(30_000);

  it("ends when its server no longer answers, although its statement may last", async () => {
    const { url, port } = await postgres();
    const proxy = await startFaultProxy(port);
    try {
      const address = { url: url.replace(`:${port}/`, `:${proxy.port}/`) };
      const started = Date.now();
      const work = withDatabase(address, 1_500, async (client) => {
        await client.query("select 1");
        proxy.blackHole();
        await client.query("select 2");
      });
      await assert.rejects(work, UnreachableError);
      assert.ok(Date.now() - started < 8_000, `after ${Date.now() - started} ms`);
    } finally {
      await proxy.stop();
    }
  });

  it("lasts as long as its statement while the server answers", async () => {
    const { url } = await postgres();
    await withDatabase({ url }, 500, (client) => client.query("select pg_sleep(2)"));
  });

  it("says within seconds whom it waits for", async () => {
    const { url } = await postgres();
    const holder = new pg.Client({ connectionString: url, application_name: "someone" });
    await holder.connect();
    const printed: string[] = [];
    const { write } = process.stderr;
    process.stderr.write = ((text: string) => printed.push(text) > 0) as typeof write;
    try {
      await holder.query("begin");
      const { rows } = await holder.query("select pg_advisory_xact_lock(7), pg_backend_pid() as pid");
      const waiting = withDatabase({ url }, 2_000, (client) => client.query("select pg_advisory_xact_lock(7)"));
      await eventually("the holder is named", () => printed.some((line) => line.includes("waits for a lock")), 5);
      await holder.query("commit");
      await waiting;
      const [line] = printed.filter((each) => each.includes("waits for a lock"));
      assert.match(
        line!,
        new RegExp(`waits for a lock that process ${rows[0].pid} \\(someone, user \\w+, since 20[^)]+Z\\) holds`),
      );
      assert.equal(printed.length, 1, "once");
    } finally {
      process.stderr.write = write;
      await holder.end();
    }
  });
});
