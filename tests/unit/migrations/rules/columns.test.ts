import { alterAccounts, laterFile } from "../../../support/migration-cases.ts";
import { describeCases, table } from "../../../support/migration-lint.ts";

describe("columns of tables in use (PLT-5)", () => {
  describeCases([
    laterFile("a nullable column", alterAccounts("add column m int")),
    laterFile(
      "one with a constant default",
      alterAccounts("add column m int not null default 0, add column o jsonb not null default '{}'::jsonb"),
    ),
    laterFile(
      "one with the time of the migration",
      alterAccounts("add column m timestamptz not null default now(), add column o date default current_date"),
    ),
    laterFile("one not null without a default", alterAccounts("add column m int not null"), [
      "0002.sql:1",
      "add-column",
      /accounts\.m is not null without a default/,
      /constant default/,
    ]),
    laterFile("one with a volatile default", alterAccounts("add column m uuid default gen_random_uuid()"), [
      "0002.sql:1",
      "add-column",
      /accounts\.m calls gen_random_uuid/,
    ]),
    laterFile("one with a function that is not known", alterAccounts("add column m int default guess()"), [
      "0002.sql:1",
      "add-column",
      /calls guess/,
    ]),
    laterFile("one generated and stored", alterAccounts("add column m int generated always as (n + 1) stored"), [
      "0002.sql:1",
      "add-column",
      /make it virtual/,
    ]),
    laterFile("one generated when read", alterAccounts("add column m int generated always as (n + 1) virtual")),
    laterFile("one with a check", alterAccounts("add column m int check (m > 0)"), [
      "0002.sql:1",
      "add-constraint",
      /accounts\.m is added with a constraint/,
    ]),
    laterFile("a column of a table of the same file", `${table("t")}alter table t add column m int not null;`),
    laterFile("a wider type", alterAccounts("alter email type varchar(80)")),
    laterFile(
      "a type without a limit",
      `${alterAccounts("alter email type text")}${alterAccounts("alter price type numeric(12, 2)")}`,
    ),
    laterFile("a narrower type", alterAccounts("alter email type varchar(20)"), [
      "0002.sql:1",
      "rewrite",
      /accounts\.email changes its type/,
      /drop the old one last/,
    ]),
    laterFile(
      "another type",
      `${alterAccounts("alter n type bigint")}\n${alterAccounts("alter price type numeric(8, 3)")}`,
      ["0002.sql:1", "rewrite"],
      ["0002.sql:2", "rewrite"],
    ),
    laterFile("a type by an expression", alterAccounts("alter email type text using lower(email)"), [
      "0002.sql:1",
      "rewrite",
    ]),
    laterFile("not null at once", alterAccounts("alter n set not null"), [
      "0002.sql:1",
      "set-not-null",
      /add constraint accounts_n_not_null check \(n is not null\) not valid/,
    ]),
    laterFile("not null after a validated check", [
      alterAccounts("add constraint c check (n is not null) not valid"),
      `${alterAccounts("validate constraint c")}${alterAccounts("alter n set not null")}`,
    ]),
    laterFile(
      "not null after another check",
      [
        alterAccounts("add constraint c check (n > 0) not valid"),
        `${alterAccounts("validate constraint c")}\n${alterAccounts("alter n set not null")}`,
      ],
      ["0003.sql:2", "set-not-null"],
    ),
    laterFile(
      "not null after a check that is not validated",
      [alterAccounts("add constraint c check (n is not null) not valid"), alterAccounts("alter n set not null")],
      ["0003.sql:1", "set-not-null"],
    ),
  ]);
});
