import { describeCases, table } from "../../../support/migration-lint.ts";

const accounts = table("accounts");
const closed = (name: string) =>
  `select plinth_distribute('${name}'); alter table ${name} enable row level security; alter table ${name} force row level security; ` +
  `create policy p on ${name} using (tenant_id = current_setting('app.tenant_id')::bigint);`;
const countries = "create table countries (code text primary key); select plinth_reference('countries');";
const bare =
  "create table notes (tenant_id bigint not null, id bigint, primary key (tenant_id, id));\nselect plinth_distribute('notes');\n";

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
      `create table n (tenant_id int, primary key (tenant_id));${closed("n")}`,
      ["0001.sql:1", "tenant-column", /n\.tenant_id is int4/, /bigint not null/],
    ],
    [
      "no primary key",
      `create table n (tenant_id bigint not null);${closed("n")}`,
      ["0001.sql:1", "primary-key", /n has no primary key/, /primary key \(tenant_id, …\)/],
    ],
    [
      "a primary key without the tenant",
      `create table n (\n  tenant_id bigint not null,\n  id bigint primary key\n);${closed("n")}`,
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
      bare.replace(
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

describe("the foreign keys of tenant tables (PLT-5)", () => {
  const with_ = (constraint: string) => [
    accounts,
    table("bets", "account_id bigint, code text,"),
    `alter table bets add constraint k ${constraint} not valid;`,
  ];
  describeCases([
    ["one within a tenant", with_("foreign key (tenant_id, account_id) references accounts (tenant_id, id)")],
    ["one to the primary key", with_("foreign key (tenant_id, account_id) references accounts")],
    ["one with on delete cascade", with_("foreign key (tenant_id, account_id) references accounts on delete cascade")],
    ["one to tenants", with_("foreign key (tenant_id) references tenants (id)")],
    ["one to a reference table", [countries, ...with_("foreign key (code) references countries (code)")]],
    [
      "one without the tenant",
      with_("foreign key (account_id) references accounts (id)"),
      [
        "0003.sql:1",
        "foreign-key",
        /k of tenant table bets lacks tenant_id/,
        /foreign key \(tenant_id, account_id\) references accounts \(tenant_id, id\)/,
      ],
    ],
    [
      "one at a column",
      [countries, table("bets", "\naccount bigint references accounts (id),").replace(/^/, accounts)],
      ["0002.sql:3", "foreign-key", /bets_account_fkey of tenant table bets lacks tenant_id/],
    ],
    [
      "one with the tenant in another place",
      with_("foreign key (account_id, tenant_id) references accounts (tenant_id, id)"),
      ["0003.sql:1", "foreign-key", /does not match tenant_id with tenant_id/],
    ],
    [
      "one to tenants by something else",
      with_("foreign key (account_id) references tenants (id)"),
      [
        "0003.sql:1",
        "foreign-key",
        /refers to tenants by \(account_id\); make it foreign key \(tenant_id\) references tenants \(id\)/,
      ],
    ],
    [
      "one that would change the tenant",
      with_("foreign key (tenant_id, account_id) references accounts on delete set null"),
      ["0003.sql:1", "foreign-key", /'on delete set null', which would change tenant_id/],
    ],
    [
      "one to an unknown table",
      with_("foreign key (tenant_id) references elsewhere (tenant_id)"),
      ["0003.sql:1", "foreign-key", /elsewhere, which is not a tenant or reference table of this service/],
    ],
    [
      "one from a reference table",
      ["create table c (code text primary key, t bigint references tenants (id)); select plinth_reference('c');"],
      ["0001.sql:1", "foreign-key", /reference table c refers to tenants/],
    ],
    [
      "one of a table that is distributed before its target",
      "create table a (tenant_id bigint, id bigint, primary key (tenant_id, id));\ncreate table b (tenant_id bigint, id bigint, primary key (tenant_id, id), foreign key (tenant_id, id) references a);\n".concat(
        closed("b"),
        "\n",
        closed("a").replace("p on", "q on"),
      ),
      [
        "0001.sql:3",
        "distribution",
        /b_tenant_id_id_fkey of b refers to a, which is not distributed yet; distribute a before/,
      ],
    ],
    [
      "a table that refers to itself",
      table("n", "up bigint, foreign key (tenant_id, up) references n (tenant_id, id),"),
    ],
  ]);
});

describe("row level security (PLT-5)", () => {
  const policy = "create policy p on notes using (tenant_id = current_setting('app.tenant_id')::bigint);";
  const on = "alter table notes enable row level security; alter table notes force row level security;";
  describeCases([
    [
      "none",
      bare,
      [
        "0001.sql:1",
        "row-security",
        /notes is not enabled, is not forced on its owner, has no policy/,
        /alter table notes enable row level security; alter table notes force row level security; create policy notes_tenant/,
      ],
    ],
    ["row level security that a later file adds", [bare, on, policy]],
    [
      "one that is not forced on the owner",
      `${bare}alter table notes enable row level security;${policy}`,
      ["0001.sql:3", "row-security", /is not forced on its owner;/],
    ],
    [
      "one that a later file disables",
      [bare + on + policy, "\nalter table notes disable row level security;"],
      ["0002.sql:2", "row-security", /is not enabled;/],
    ],
    [
      "a policy that is dropped",
      [bare + on + policy, "drop policy p on notes;"],
      ["0002.sql:1", "row-security", /has no policy;/],
    ],
    [
      "the policy of a renamed table",
      [bare + on + policy, "-- plinth:allow expand-contract: never released\nalter table notes rename to remarks;"],
    ],
    [
      "an open policy",
      `${bare}${on}\n${policy}\ncreate policy q on notes using (true);`,
      ["0001.sql:5", "row-security", /policy q opens rows of tenant table notes/, /using \(tenant_id = /],
    ],
    [
      "a policy that compares the tenant with itself",
      `${bare}${on}\ncreate policy q on notes using (tenant_id = tenant_id);`,
      ["0001.sql:4", "row-security", /policy q/],
    ],
    [
      "an open policy for writing",
      `${bare}${on}${policy.replace(");", ") with check (true);")}`,
      ["0001.sql:3", "row-security", /policy p/],
    ],
    [
      "an unprotected partition",
      `${table("n").replace("id));", "id)) partition by range (id);")}create table n1 partition of n default;`,
      ["0001.sql:2", "row-security", /tenant table n1/],
    ],
    [
      "a materialized view",
      `${accounts}create materialized view v as select * from accounts;`,
      ["0001.sql:2", "row-security", /v would hold rows of all tenants/],
    ],
    [
      "a change of hidden rows",
      [accounts, "\nupdate accounts set id = 2;"],
      ["0002.sql:2", "hidden-rows", /hides the rows of accounts/, /no force row level security/],
    ],
    [
      "the same for one tenant",
      [accounts, "set local app.tenant_id = '1';\nupdate accounts set id = 2 where tenant_id = 1;"],
    ],
    [
      "the same while it is not forced",
      [
        accounts,
        "alter table accounts no force row level security;\ndelete from accounts;\nalter table accounts force row level security;",
      ],
    ],
  ]);
});
