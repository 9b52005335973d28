import { describeCases, type LintCase, type RejectedCase, table } from "../../../support/migration-lint.ts";

const accounts = table("accounts", "at timestamptz, n int, number bigint default nextval('numbers'),");
/** In the file that distributes the table, so that no lock matters. */
const same = (sql: string): string =>
  `${accounts}alter table accounts no force row level security;\n${sql}\nalter table accounts force row level security;`;
const refused = (what: string, sql: string, ...words: RegExp[]): LintCase => [
  what,
  same(sql),
  ["0001.sql:3", "citus", ...words],
];

describe("objects that Citus neither distributes nor passes on (PLT-5)", () => {
  describeCases([
    refused(
      "a trigger",
      "create trigger t before insert on accounts for each row execute function f();",
      /trigger t on accounts/,
      /let the service do it/,
    ),
    [
      "a trigger of a local table",
      "-- plinth:local-table: small\ncreate table s (k text primary key);\ncreate trigger t before insert on s for each row execute function f();",
    ],
    refused("a rule", "create rule r as on insert to accounts do instead nothing;", /no rule system/),
    refused("a temporary table", "create temp table t (id bigint);", /t is a temporary table/),
    refused("a table made of a query", "create table t as select * from accounts;", /'insert … select'/),
    refused("a table selected into", "select * into t from accounts;", /created from a query/),
    refused("a foreign table", "create foreign table f (a int) server s;", /foreign table/),
    refused("a small sequence", "create sequence s as integer;", /smaller than bigint/),
    refused("a sequence owned by a distributed table", "create sequence s owned by accounts.id;", /owned by accounts/),
    ["a sequence", "create sequence s as bigint;"],
    refused("a changed sequence", "alter sequence s restart;", /make a new sequence/),
    ["a column numbered by bigint", table("t", "n bigserial, m bigint generated always as identity,")],
    [
      "a column numbered by a smaller type",
      table("t", "\nn serial,\nm int generated always as identity,"),
      ["0001.sql:2", "citus", /t\.n is numbered/, /bigserial/],
      ["0001.sql:3", "citus", /t\.m/],
    ],
    [
      "a table that inherits",
      `${accounts}\n${table("t").replace("id));", "id)) inherits (accounts);")}`,
      ["0001.sql:3", "citus", /t inherits from accounts/],
    ],
    ["an unlogged table", table("t").replace("create table", "create unlogged table")],
    refused(
      "two indexes dropped at once",
      "create index a on accounts (n); create index b on accounts (at); drop index a, b;",
      /a, b are dropped by one statement/,
    ),
    refused(
      "a renamed constraint",
      "alter table accounts rename constraint accounts_pkey to p;",
      /constraint accounts_pkey of accounts/,
    ),
    refused("a policy with a subquery", "create policy q on accounts using (tenant_id = (select 1));", /subquery/),
    refused("a setting that outlives the file", "set work_mem = '1GB';", /write 'set local …'/),
    ["a setting of the file", "set local work_mem = '1GB';"],
    refused("set_config", "select set_config('app.x', '1', true);", /reaches only the coordinator/),
  ]);
});

describe("how Citus alters distributed tables (PLT-5)", () => {
  describeCases([
    refused(
      "the type of the tenant",
      "alter table accounts alter tenant_id type text;",
      /accounts\.tenant_id is what accounts is distributed by/,
    )
      .slice(0, 2)
      .concat([
        ["0001.sql:1", "tenant-column"],
        ["0001.sql:3", "citus", /distributed by/],
      ] as RejectedCase[]) as LintCase,
    refused("a default of the tenant", "alter table accounts alter tenant_id set default 1;"),
    refused(
      "a constraint together with other changes",
      "alter table accounts add constraint c check (n > 0), add column m int;",
      /a separate statement/,
    ),
    ["a constraint alone", same("alter table accounts add constraint c check (n > 0);")],
    refused(
      "a column with a constraint together with others",
      "alter table accounts add column a int check (a > 0), add column b int;",
      /accounts\.a is added with a constraint/,
    ),
    refused(
      "a numbered column",
      "alter table accounts add column a bigserial;",
      /numbered by a sequence/,
      /set default nextval/,
    ),
    refused(
      "an identity",
      "alter table accounts add column a bigint generated always as identity;",
      /numbered by a sequence/,
    ),
    refused("the type of a numbered column", "alter table accounts alter number type int;", /numbered by a sequence/),
    refused(
      "storage of a column",
      "alter table accounts alter n set statistics 100;",
      /Citus has no 'set statistics' for distributed table accounts/,
    ),
    refused("a trigger switched off", "alter table accounts disable trigger all;", /no 'disable trig all'/),
    refused(
      "a partition detached concurrently",
      "alter table accounts detach partition p concurrently;",
      /leave 'concurrently' out/,
    ),
    [
      "the changes that it supports",
      same("alter table accounts set (fillfactor = 50), alter n set default 1, alter n drop not null;"),
    ],
  ]);
});

describe("the changes of rows that Citus plans (PLT-5)", () => {
  const insert = "insert into accounts (tenant_id, id) values (1, 2)";
  describeCases([
    ["an insert", same(`${insert} on conflict (tenant_id, id) do update set n = excluded.n;`)],
    refused(
      "now() after a conflict",
      `${insert} on conflict (tenant_id, id) do update set at = now();`,
      /now in 'on conflict' of accounts is not immutable; .*excluded/,
    ),
    refused(
      "current_timestamp after a conflict",
      `${insert} on conflict (tenant_id, id) do update set n = 1 where accounts.at < current_timestamp;`,
      /current_timestamp/,
    ),
    refused("rows without a tenant", "insert into accounts (id) values (1);", /without tenant_id/),
    refused(
      "a subquery in values",
      "insert into accounts (tenant_id, id) values (1, (select 2));",
      /'insert … select …'/,
    ),
    ["an insert of a query", same("insert into accounts (tenant_id, id) select id, 1 from tenants;")],
    refused(
      "another tenant",
      "update accounts set tenant_id = 2 where id = 1;",
      /tenant_id, by which rows are placed, is changed/,
    ),
    refused("random rows", "delete from accounts where random() < 0.5;", /random is volatile/),
    refused("random values", "update accounts set n = 1, id = nextval('s');", /nextval is volatile/),
    ["the time of an update", same("update accounts set at = now();")],
  ]);
});
