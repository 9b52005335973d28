import assert from "node:assert/strict";
import pg from "pg";
import { parseDatabaseView, psqlEnvironment } from "../../../../cli/servers/psql.ts";
import { postgres, stopServers } from "../../../support/servers/servers.ts";

describe("the environment of make psql", function () {
  this.timeout(30_000);
  after(stopServers);

  it("holds the password, with encoded characters decoded", () => {
    const { PGPASSWORD, PGUSER, PGHOST, PGPORT, PGDATABASE, PGOPTIONS } = psqlEnvironment(
      "postgresql://app:p%40s%2Fs@h:5433/app",
      parseDatabaseView({}, []),
    );
    assert.deepEqual(
      [PGPASSWORD, PGUSER, PGHOST, PGPORT, PGDATABASE, PGOPTIONS],
      ["p@s/s", "app", "h", "5433", "app", ""],
    );
  });

  it("shows only a tenant's rows, in tables named without their schema (PLT-7)", async () => {
    const { url } = await postgres();
    const owner = new pg.Client(url);
    await owner.connect();
    await owner.query(`create schema "the-wallet"; create table "the-wallet".accounts (tenant_id bigint, name text);
      insert into "the-wallet".accounts values (10001, 'own'), (10002, 'foreign');
      alter table "the-wallet".accounts enable row level security; alter table "the-wallet".accounts force row level security;
      create policy tenant on "the-wallet".accounts using (tenant_id = nullif(current_setting('app.tenant_id', true), '')::bigint)`);
    await owner.end();
    const names = async (view: Record<string, string>) => {
      const { PGOPTIONS } = psqlEnvironment(url, parseDatabaseView({ SERVICE: "the-wallet", ...view }, ["the-wallet"]));
      const client = new pg.Client({ connectionString: url, options: PGOPTIONS! });
      await client.connect();
      const { rows } = await client.query<{ name: string }>("select name from accounts");
      await client.end();
      return rows.map(({ name }) => name);
    };
    assert.deepEqual(
      [await names({ TENANT: "10001" }), await names({ TENANT: "10002" }), await names({})],
      [["own"], ["foreign"], []],
    );
  });

  it("refuses an invalid tenant and a service without tables", () => {
    assert.throws(
      () => parseDatabaseView({ TENANT: "1; drop" }, []),
      /^TENANT is '1; drop', but must be a tenant's number/,
    );
    assert.throws(
      () => parseDatabaseView({ SERVICE: "kit" }, ["wallet"]),
      /^SERVICE=kit has no tables; those with tables are wallet$/,
    );
  });
});
