import { describeCases, type LintCase, type RejectedCase, table } from "../../../support/migration-lint.ts";

const base = `${table("accounts", "n int, email varchar(40), price numeric(8, 2),")}create index newest on accounts (n);\n`;
const alone = "-- plinth:no-transaction\n";
/** What a file after the one that made the table does. */
const later = (title: string, sql: string | string[], ...refusals: RejectedCase[]): LintCase => [
  title,
  [base, ...[sql].flat()],
  ...refusals,
];
const alter = (what: string) => `alter table accounts ${what};`;

describe("indexes of tables in use (PLT-5)", () => {
  describeCases([
    ["an index of a table of the same file", base],
    later("one that stops writing", "\ncreate index i on accounts (n);", [
      "0002.sql:2",
      "index-concurrently",
      /index i on accounts stops writing/,
      /-- plinth:no-transaction as its first line/,
    ]),
    later(
      "a concurrent one without a transaction",
      `${alone}create index concurrently if not exists i on accounts (n);`,
    ),
    later("a concurrent one in a transaction", "create index concurrently if not exists i on accounts (n);", [
      "0002.sql:1",
      "no-transaction",
      /cannot run in a transaction/,
    ]),
    later("one that cannot be repeated", `${alone}create index concurrently i on accounts (n);`, [
      "0002.sql:2",
      "no-transaction",
      /cannot be repeated/,
      /if not exists i on accounts/,
    ]),
    later("one without a name", `${alone}create index concurrently on accounts (n);`, ["0002.sql:2", "no-transaction"]),
    later(
      "two of them in one file",
      `${alone}drop index concurrently if exists newest;\ncreate index concurrently if not exists i on accounts (n);`,
      ["0002.sql:3", "no-transaction", /more than one statement/],
    ),
    later("anything else without a transaction", `${alone}${alter("add column m int")}`, [
      "0002.sql:2",
      "no-transaction",
      /may only be a 'create index concurrently'/,
    ]),
    later("one dropped concurrently", `${alone}drop index concurrently if exists newest;`),
    later("one dropped as usual", "drop index newest;", [
      "0002.sql:1",
      "index-concurrently",
      /drop index concurrently if exists newest/,
    ]),
    later("one dropped that cannot be repeated", `${alone}drop index concurrently newest;`, [
      "0002.sql:2",
      "no-transaction",
    ]),
    later("a reindex", "reindex table accounts;", ["0002.sql:1", "lock", /reindex stops writing/]),
  ]);
});

describe("columns of tables in use (PLT-5)", () => {
  describeCases([
    later("a nullable column", alter("add column m int")),
    later(
      "one with a constant default",
      alter("add column m int not null default 0, add column o jsonb not null default '{}'::jsonb"),
    ),
    later(
      "one with the time of the migration",
      alter("add column m timestamptz not null default now(), add column o date default current_date"),
    ),
    later("one not null without a default", alter("add column m int not null"), [
      "0002.sql:1",
      "add-column",
      /accounts\.m is not null without a default/,
      /constant default/,
    ]),
    later("one with a volatile default", alter("add column m uuid default gen_random_uuid()"), [
      "0002.sql:1",
      "add-column",
      /accounts\.m calls gen_random_uuid/,
    ]),
    later("one with a function that is not known", alter("add column m int default guess()"), [
      "0002.sql:1",
      "add-column",
      /calls guess/,
    ]),
    later("one generated and stored", alter("add column m int generated always as (n + 1) stored"), [
      "0002.sql:1",
      "add-column",
      /make it virtual/,
    ]),
    later("one generated when read", alter("add column m int generated always as (n + 1) virtual")),
    later("one with a check", alter("add column m int check (m > 0)"), [
      "0002.sql:1",
      "add-constraint",
      /accounts\.m is added with a constraint/,
    ]),
    later("a column of a table of the same file", `${table("t")}alter table t add column m int not null;`),
    later("a wider type", alter("alter email type varchar(80)")),
    later("a type without a limit", `${alter("alter email type text")}${alter("alter price type numeric(12, 2)")}`),
    later("a narrower type", alter("alter email type varchar(20)"), [
      "0002.sql:1",
      "rewrite",
      /accounts\.email changes its type/,
      /drop the old one last/,
    ]),
    later(
      "another type",
      `${alter("alter n type bigint")}\n${alter("alter price type numeric(8, 3)")}`,
      ["0002.sql:1", "rewrite"],
      ["0002.sql:2", "rewrite"],
    ),
    later("a type by an expression", alter("alter email type text using lower(email)"), ["0002.sql:1", "rewrite"]),
    later("not null at once", alter("alter n set not null"), [
      "0002.sql:1",
      "set-not-null",
      /add constraint accounts_n_not_null check \(n is not null\) not valid/,
    ]),
    later("not null after a validated check", [
      alter("add constraint c check (n is not null) not valid"),
      `${alter("validate constraint c")}${alter("alter n set not null")}`,
    ]),
    later(
      "not null after another check",
      [
        alter("add constraint c check (n > 0) not valid"),
        `${alter("validate constraint c")}\n${alter("alter n set not null")}`,
      ],
      ["0003.sql:2", "set-not-null"],
    ),
    later(
      "not null after a check that is not validated",
      [alter("add constraint c check (n is not null) not valid"), alter("alter n set not null")],
      ["0003.sql:1", "set-not-null"],
    ),
  ]);
});

describe("constraints of tables in use (PLT-5)", () => {
  describeCases([
    later("a check at once", alter("add constraint c check (n > 0)"), [
      "0002.sql:1",
      "add-constraint",
      /for constraint c all rows of accounts are read/,
      /validate constraint c/,
    ]),
    later("a check that is validated in a file after", [
      alter("add constraint c check (n > 0) not valid"),
      alter("validate constraint c"),
    ]),
    later(
      "a check that is validated in the same file",
      `${alter("add constraint c check (n > 0) not valid")}\n${alter("validate constraint c")}`,
      ["0002.sql:2", "add-constraint", /whose lock lasts until its end; move/],
    ),
    later("a foreign key at once", alter("add constraint k foreign key (tenant_id) references tenants (id)"), [
      "0002.sql:1",
      "add-constraint",
      /not valid/,
    ]),
    later("a unique constraint at once", alter("add constraint u unique (tenant_id, email)"), [
      "0002.sql:1",
      "add-constraint",
      /unique u of accounts builds its index/,
      /unique using index/,
    ]),
    later("one of an index", [
      `${alone}create unique index concurrently if not exists u on accounts (tenant_id, email);`,
      alter("add constraint u unique using index u"),
    ]),
    later("an exclusion", alter("add constraint e exclude (tenant_id with =, n with =)"), [
      "0002.sql:1",
      "add-constraint",
      /exclusion constraint e/,
    ]),
  ]);
});

describe("other changes that stop a table or the running version (PLT-5)", () => {
  describeCases([
    later("a vacuum", "vacuum full accounts;", ["0002.sql:1", "rewrite", /autovacuum/]),
    later("a cluster", "cluster accounts using newest;", ["0002.sql:1", "rewrite"]),
    later("another persistence", alter("set unlogged"), ["0002.sql:1", "rewrite", /table accounts is rewritten/]),
    later("a lock", "lock table accounts;", ["0002.sql:1", "lock", /accounts is locked until the file's end/]),
    later("a dropped column", alter("drop column n"), [
      "0002.sql:1",
      "expand-contract",
      /column accounts\.n is dropped/,
      /-- plinth:allow expand-contract/,
    ]),
    later("a dropped table", "drop table accounts;", ["0002.sql:1", "expand-contract", /table accounts is dropped/]),
    later("a dropped view", "drop view v;", ["0002.sql:1", "expand-contract"]),
    later("a renamed table", alter("rename to users"), [
      "0002.sql:1",
      "expand-contract",
      /table accounts becomes users; |table accounts becomes users, /,
    ]),
    later("a renamed column", alter("rename column n to m"), [
      "0002.sql:1",
      "expand-contract",
      /column accounts\.n becomes m/,
      /let the service write both/,
    ]),
    later("another schema", alter("set schema old"), ["0002.sql:1", "expand-contract", /moves to another schema/]),
    later("a truncate", "truncate accounts;", ["0002.sql:1", "expand-contract", /accounts is emptied/]),
    later(
      "the same for a table of the same file",
      "create table t (id bigint); alter table t drop column id; drop table t;",
    ),
    later("a commit", "select 1;\ncommit;", ["0002.sql:2", "transaction", /'commit' has no place here/]),
    later("a savepoint", "savepoint a; rollback to a; release a;"),
    later("a do block", "do $$ begin end $$;", ["0002.sql:1", "opaque", /cannot be judged/]),
  ]);
});
