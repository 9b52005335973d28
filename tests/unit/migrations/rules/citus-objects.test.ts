import { refusedByCitus } from "../../../support/migration-cases.ts";
import { describeCases, table } from "../../../support/migration-lint.ts";

describe("objects that Citus neither distributes nor passes on (PLT-5)", () => {
  describeCases([
    refusedByCitus(
      "a trigger",
      "create trigger t before insert on accounts for each row execute function f();",
      /trigger t on accounts/,
      /let the service do it/,
    ),
    [
      "a trigger of a local table",
      "-- plinth:local-table: small\ncreate table s (k text primary key);\ncreate trigger t before insert on s for each row execute function f();",
    ],
    refusedByCitus("a rule", "create rule r as on insert to accounts do instead nothing;", /no rule system/),
    refusedByCitus("a temporary table", "create temp table t (id bigint);", /t is a temporary table/),
    refusedByCitus("a table created from a query", "create table t as select * from accounts;", /'insert … select'/),
    refusedByCitus("a table selected into", "select * into t from accounts;", /created from a query/),
    refusedByCitus("a foreign table", "create foreign table f (a int) server s;", /foreign table/),
    refusedByCitus("a small sequence", "create sequence s as integer;", /smaller than bigint/),
    refusedByCitus(
      "a sequence owned by a distributed table",
      "create sequence s owned by accounts.id;",
      /owned by accounts/,
    ),
    ["a sequence", "create sequence s as bigint;"],
    refusedByCitus("a changed sequence", "alter sequence s restart;", /make a new sequence/),
    ["a column numbered by bigint", table("t", "n bigserial, m bigint generated always as identity,")],
    [
      "a column numbered by a smaller type",
      table("t", "\nn serial,\nm int generated always as identity,"),
      ["0001.sql:2", "citus", /t\.n is numbered/, /bigserial/],
      ["0001.sql:3", "citus", /t\.m/],
    ],
    [
      "a table that inherits",
      `${table("accounts")}\n${table("t").replace("id));", "id)) inherits (accounts);")}`,
      ["0001.sql:3", "citus", /t inherits from accounts/],
    ],
    ["an unlogged table", table("t").replace("create table", "create unlogged table")],
    refusedByCitus(
      "two indexes dropped at once",
      "create index a on accounts (n); create index b on accounts (at); drop index a, b;",
      /a, b are dropped by one statement/,
    ),
    refusedByCitus(
      "a renamed constraint",
      "alter table accounts rename constraint accounts_pkey to p;",
      /constraint accounts_pkey of accounts/,
    ),
    refusedByCitus(
      "a policy with a subquery",
      "create policy q on accounts using (tenant_id = (select 1));",
      /subquery/,
    ),
    refusedByCitus("a setting that outlives the file", "set work_mem = '1GB';", /write 'set local …'/),
    ["a setting of the file", "set local work_mem = '1GB';"],
    refusedByCitus("set_config", "select set_config('app.x', '1', true);", /reaches only the coordinator/),
  ]);
});
