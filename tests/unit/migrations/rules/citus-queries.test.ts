import { refusedByCitus, sameFile } from "../../../support/migration-cases.ts";
import { describeCases } from "../../../support/migration-lint.ts";

describe("the changes of rows that Citus plans (PLT-5)", () => {
  const insert = "insert into accounts (tenant_id, id) values (1, 2)";
  describeCases([
    ["an insert", sameFile(`${insert} on conflict (tenant_id, id) do update set n = excluded.n;`)],
    refusedByCitus(
      "now() after a conflict",
      `${insert} on conflict (tenant_id, id) do update set at = now();`,
      /now in 'on conflict' of accounts is not immutable; .*excluded/,
    ),
    refusedByCitus(
      "current_timestamp after a conflict",
      `${insert} on conflict (tenant_id, id) do update set n = 1 where accounts.at < current_timestamp;`,
      /current_timestamp/,
    ),
    refusedByCitus("rows without a tenant", "insert into accounts (id) values (1);", /without tenant_id/),
    refusedByCitus(
      "a subquery in values",
      "insert into accounts (tenant_id, id) values (1, (select 2));",
      /'insert … select …'/,
    ),
    ["an insert of a query", sameFile("insert into accounts (tenant_id, id) select id, 1 from tenants;")],
    refusedByCitus(
      "another tenant",
      "update accounts set tenant_id = 2 where id = 1;",
      /tenant_id, by which rows are placed, is changed/,
    ),
    refusedByCitus("random rows", "delete from accounts where random() < 0.5;", /random is volatile/),
    refusedByCitus("random values", "update accounts set n = 1, id = nextval('s');", /nextval is volatile/),
    ["the time of an update", sameFile("update accounts set at = now();")],
  ]);
});
