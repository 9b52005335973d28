import { unprotectedNotes } from "../../../support/migration-cases.ts";
import { describeCases, table } from "../../../support/migration-lint.ts";

const accounts = table("accounts");
const bare =
  "create table notes (tenant_id bigint not null, id bigint, primary key (tenant_id, id));\nselect plinth_distribute('notes');\n";

describe("row level security (PLT-5)", () => {
  const policy = "create policy p on notes using (tenant_id = current_setting('app.tenant_id')::bigint);";
  const on = "alter table notes enable row level security; alter table notes force row level security;";
  describeCases([
    [
      "none",
      unprotectedNotes,
      [
        "0001.sql:1",
        "row-security",
        /notes is not enabled, is not forced on its owner, has no policy/,
        /alter table notes enable row level security; alter table notes force row level security; create policy notes_tenant/,
      ],
    ],
    ["row level security that a later file adds", [unprotectedNotes, on, policy]],
    [
      "one that is not forced on the owner",
      `${unprotectedNotes}alter table notes enable row level security;${policy}`,
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
      `${unprotectedNotes}${on}\n${policy}\ncreate policy q on notes using (true);`,
      ["0001.sql:5", "row-security", /policy q opens rows of tenant table notes/, /using \(tenant_id = /],
    ],
    [
      "a policy that compares the tenant with itself",
      `${unprotectedNotes}${on}\ncreate policy q on notes using (tenant_id = tenant_id);`,
      ["0001.sql:4", "row-security", /policy q/],
    ],
    [
      "an open policy for writing",
      `${unprotectedNotes}${on}${policy.replace(");", ") with check (true);")}`,
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
