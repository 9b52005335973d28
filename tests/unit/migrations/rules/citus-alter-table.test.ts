import { refusedByCitus, sameFile } from "../../../support/migration-cases.ts";
import { describeCases, type LintCase, type RejectedCase } from "../../../support/migration-lint.ts";

describe("how Citus alters distributed tables (PLT-5)", () => {
  describeCases([
    refusedByCitus(
      "the type of the tenant",
      "alter table accounts alter tenant_id type text;",
      /accounts\.tenant_id is what accounts is distributed by/,
    )
      .slice(0, 2)
      .concat([
        ["0001.sql:1", "tenant-column"],
        ["0001.sql:3", "citus", /distributed by/],
      ] as RejectedCase[]) as LintCase,
    refusedByCitus("a default of the tenant", "alter table accounts alter tenant_id set default 1;"),
    refusedByCitus(
      "a constraint together with other changes",
      "alter table accounts add constraint c check (n > 0), add column m int;",
      /a separate statement/,
    ),
    ["a constraint alone", sameFile("alter table accounts add constraint c check (n > 0);")],
    refusedByCitus(
      "a column with a constraint together with others",
      "alter table accounts add column a int check (a > 0), add column b int;",
      /accounts\.a is added with a constraint/,
    ),
    refusedByCitus(
      "a numbered column",
      "alter table accounts add column a bigserial;",
      /numbered by a sequence/,
      /set default nextval/,
    ),
    refusedByCitus(
      "an identity",
      "alter table accounts add column a bigint generated always as identity;",
      /numbered by a sequence/,
    ),
    refusedByCitus(
      "the type of a numbered column",
      "alter table accounts alter number type int;",
      /numbered by a sequence/,
    ),
    refusedByCitus(
      "storage of a column",
      "alter table accounts alter n set statistics 100;",
      /Citus has no 'set statistics' for distributed table accounts/,
    ),
    refusedByCitus("a trigger switched off", "alter table accounts disable trigger all;", /no 'disable trig all'/),
    refusedByCitus(
      "a partition detached concurrently",
      "alter table accounts detach partition p concurrently;",
      /leave 'concurrently' out/,
    ),
    [
      "the changes that it supports",
      sameFile("alter table accounts set (fillfactor = 50), alter n set default 1, alter n drop not null;"),
    ],
  ]);
});
