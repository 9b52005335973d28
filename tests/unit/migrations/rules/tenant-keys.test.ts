import { countries, distributeAndProtect, unprotectedNotes } from "../../../support/migration-cases.ts";
import { describeCases, table } from "../../../support/migration-lint.ts";

const accounts = table("accounts");

describe("the keys of tenant tables (PLT-5)", () => {
  describeCases([
    ["a whole tenant table", accounts],
    ["an index that is not unique, of a new table", `${accounts}create index newest on accounts (id);`],
    ["a unique constraint with the tenant", table("a", "email text, unique (tenant_id, email),")],
    [
      "a table without a tenant",
      "\ncreate table notes (\n  id bigint primary key\n);",
      [
        "0001.sql:2",
        "tenant-column",
        /table notes has no tenant_id/,
        /plinth_reference\('notes'\)/,
        /plinth:local-table/,
      ],
    ],
    ["a reference table", countries],
    [
      "a table that is declared local",
      "-- plinth:local-table: read only by the coordinator\ncreate table settings (key text primary key);",
    ],
    [
      "a local table with a tenant",
      "-- plinth:local-table: small\ncreate table s (tenant_id bigint primary key);",
      ["0001.sql:2", "tenant-column", /s has a tenant_id, but is declared a local table/],
    ],
    [
      "a tenant of another type",
      `create table n (tenant_id int, primary key (tenant_id));${distributeAndProtect("n")}`,
      ["0001.sql:1", "tenant-column", /n\.tenant_id is int4/, /bigint not null/],
    ],
    [
      "no primary key",
      `create table n (tenant_id bigint not null);${distributeAndProtect("n")}`,
      ["0001.sql:1", "primary-key", /n has no primary key/, /primary key \(tenant_id, …\)/],
    ],
    [
      "a primary key without the tenant",
      `create table n (\n  tenant_id bigint not null,\n  id bigint primary key\n);${distributeAndProtect("n")}`,
      ["0001.sql:3", "tenant-key", /primary key n_pkey of tenant table n lacks tenant_id; make it \(tenant_id, id\)/],
    ],
    [
      "a unique constraint without it",
      table("n", "\n\nemail text,\nunique (email),"),
      ["0001.sql:4", "tenant-key", /unique constraint n_email_key/, /\(tenant_id, email\)/],
    ],
    [
      "a unique index without it",
      `${accounts}\n\ncreate unique index newest on accounts (id);`,
      ["0001.sql:4", "tenant-key", /unique index newest/],
    ],
    [
      "a unique index of an expression without the tenant",
      `${accounts}create unique index one on accounts (tenant_id, (id % 2));`,
    ],
    ["an exclusion by = of the tenant", table("r", "at tstzrange, exclude using gist (tenant_id with =, at with &&),")],
    [
      "an exclusion without it",
      table("r", "at tstzrange, exclude using gist (tenant_id with <>, at with &&),"),
      ["0001.sql:1", "tenant-key", /exclusion constraint .* lacks tenant_id with =; add 'tenant_id with ='/],
    ],
    [
      "a key that a later file drops",
      [
        `${accounts}create unique index newest on accounts (id);`,
        "-- plinth:no-transaction\ndrop index concurrently if exists newest;",
      ],
    ],
    [
      "a key from an index of another file",
      [
        accounts,
        "-- plinth:no-transaction\ncreate unique index concurrently if not exists one on accounts (id);",
        "alter table accounts add constraint one unique using index one;",
      ],
      ["0003.sql:1", "tenant-key", /unique constraint one of tenant table accounts/],
    ],
    [
      "a table that is never distributed",
      unprotectedNotes.replace(
        "select plinth_distribute('notes');",
        "alter table notes enable row level security; alter table notes force row level security; create policy p on notes using (tenant_id = 1);",
      ),
      ["0001.sql:1", "distribution", /notes is never distributed; add "select plinth_distribute\('notes'\)"/],
    ],
    [
      "a table that is dropped again",
      ["create table notes (id bigint);", "-- plinth:allow expand-contract: unused since release 3\ndrop table notes;"],
    ],
    [
      "a function that is only there with Citus",
      `${accounts}\nselect create_distributed_table('accounts', 'tenant_id');`,
      ["0001.sql:3", "distribution", /plain PostgreSQL; write "select plinth_distribute/],
    ],
    [
      "a misspelt table",
      `${accounts}select plinth_distribute('acounts');`,
      ["0001.sql:2", "distribution", /acounts is not a table of this service/],
    ],
  ]);
});
