import { countries, distributeAndProtect } from "../../../support/migration-cases.ts";
import { describeCases, table } from "../../../support/migration-lint.ts";

const accounts = table("accounts");

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
        distributeAndProtect("b"),
        "\n",
        distributeAndProtect("a").replace("p on", "q on"),
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
