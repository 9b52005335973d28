import { alterAccounts, laterFile } from "../../../support/migration-cases.ts";
import { describeCases } from "../../../support/migration-lint.ts";

describe("constraints of tables in use (PLT-5)", () => {
  describeCases([
    laterFile("a check at once", alterAccounts("add constraint c check (n > 0)"), [
      "0002.sql:1",
      "add-constraint",
      /for constraint c all rows of accounts are read/,
      /validate constraint c/,
    ]),
    laterFile("a check that is validated in a file after", [
      alterAccounts("add constraint c check (n > 0) not valid"),
      alterAccounts("validate constraint c"),
    ]),
    laterFile(
      "a check that is validated in the same file",
      `${alterAccounts("add constraint c check (n > 0) not valid")}\n${alterAccounts("validate constraint c")}`,
      ["0002.sql:2", "add-constraint", /whose lock lasts until its end; move/],
    ),
    laterFile(
      "a foreign key at once",
      alterAccounts("add constraint k foreign key (tenant_id) references tenants (id)"),
      ["0002.sql:1", "add-constraint", /not valid/],
    ),
    laterFile("a unique constraint at once", alterAccounts("add constraint u unique (tenant_id, email)"), [
      "0002.sql:1",
      "add-constraint",
      /unique u of accounts builds its index/,
      /unique using index/,
    ]),
    laterFile("one of an index", [
      `-- plinth:no-transaction\ncreate unique index concurrently if not exists u on accounts (tenant_id, email);`,
      alterAccounts("add constraint u unique using index u"),
    ]),
    laterFile("an exclusion", alterAccounts("add constraint e exclude (tenant_id with =, n with =)"), [
      "0002.sql:1",
      "add-constraint",
      /exclusion constraint e/,
    ]),
  ]);
});
