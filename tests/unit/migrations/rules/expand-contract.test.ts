import { alterAccounts, laterFile } from "../../../support/migration-cases.ts";
import { describeCases } from "../../../support/migration-lint.ts";

describe("other changes that stop a table or the running version (PLT-5)", () => {
  describeCases([
    laterFile("a vacuum", "vacuum full accounts;", ["0002.sql:1", "rewrite", /autovacuum/]),
    laterFile("a cluster", "cluster accounts using newest;", ["0002.sql:1", "rewrite"]),
    laterFile("another persistence", alterAccounts("set unlogged"), [
      "0002.sql:1",
      "rewrite",
      /table accounts is rewritten/,
    ]),
    laterFile("a lock", "lock table accounts;", ["0002.sql:1", "lock", /accounts is locked until the file's end/]),
    laterFile("a dropped column", alterAccounts("drop column n"), [
      "0002.sql:1",
      "expand-contract",
      /column accounts\.n is dropped/,
      /-- plinth:allow expand-contract/,
    ]),
    laterFile("a dropped table", "drop table accounts;", [
      "0002.sql:1",
      "expand-contract",
      /table accounts is dropped/,
    ]),
    laterFile("a dropped view", "drop view v;", ["0002.sql:1", "expand-contract"]),
    laterFile("a renamed table", alterAccounts("rename to users"), [
      "0002.sql:1",
      "expand-contract",
      /table accounts becomes users; |table accounts becomes users, /,
    ]),
    laterFile("a renamed column", alterAccounts("rename column n to m"), [
      "0002.sql:1",
      "expand-contract",
      /column accounts\.n becomes m/,
      /let the service write both/,
    ]),
    laterFile("another schema", alterAccounts("set schema old"), [
      "0002.sql:1",
      "expand-contract",
      /moves to another schema/,
    ]),
    laterFile("a truncate", "truncate accounts;", ["0002.sql:1", "expand-contract", /accounts is emptied/]),
    laterFile(
      "the same for a table of the same file",
      "create table t (id bigint); alter table t drop column id; drop table t;",
    ),
    laterFile("a commit", "select 1;\ncommit;", ["0002.sql:2", "transaction", /'commit' has no place here/]),
    laterFile("a savepoint", "savepoint a; rollback to a; release a;"),
    laterFile("a do block", "do $$ begin end $$;", ["0002.sql:1", "opaque", /cannot be judged/]),
  ]);
});
