import assert from "node:assert/strict";
import { listCacheUsers } from "@plinth/local/page/sources/cache-users.ts";
import { DatabaseTenants } from "@plinth/local/page/sources/tenant-source.ts";
import pg from "pg";
import { postgres, redis } from "../../../../support/servers/servers.ts";

describe("tenants of a stack", () => {
  it("shows what each has, although a role sees one tenant's rows only (OBS-3)", async () => {
    const [database, cache] = [await postgres(), await redis()];
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    await client.query(`
      create table tenants (id bigint primary key);
      create table bets (tenant_id bigint not null, id int);
      create table "Odd name" (tenant_id bigint not null);
      create table other (id int);
      insert into tenants values (7), (8);
      insert into bets select 7, n from generate_series(1, 3) n;
      insert into bets values (8, 1);
      insert into "Odd name" values (7);
      alter table bets enable row level security;
      alter table bets force row level security;
      create policy bets_tenant on bets
        using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)`);
    await client.end();
    const tenants = new DatabaseTenants({
      databaseUrl: database.url,
      countLines: async () => new Map([[7, 12]]),
      listCacheUsers: () => listCacheUsers(cache.url),
    });
    assert.deepEqual(await tenants.list(), [
      { id: 7, name: "tenant-7", rows: { bets: 3, "Odd name": 1 }, lines: 12 },
      { id: 8, name: "tenant-8", rows: { bets: 1 }, lines: 0 },
    ]);
    assert.deepEqual(await listCacheUsers(cache.url), ["default"]);
  });

  it("shows tenants while the stores of lines and users are away, and none while the database is", async () => {
    const away = () => Promise.reject(new Error("away"));
    const settings = { countLines: away, listCacheUsers: away };
    const { url } = await postgres();
    assert.deepEqual(
      (await new DatabaseTenants({ ...settings, databaseUrl: url }).list()).map(({ id }) => id),
      [7, 8],
    );
    const closed = new DatabaseTenants({ ...settings, databaseUrl: "postgresql://app:s3cret@127.0.0.1:1/app" });
    await assert.rejects(closed.list(), (error: Error) => {
      assert.match(error.message, /^The database does not answer: /);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
  });
});
