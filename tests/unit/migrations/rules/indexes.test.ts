import { accountsInUse, alterAccounts, laterFile } from "../../../support/migration-cases.ts";
import { describeCases } from "../../../support/migration-lint.ts";

const alone = "-- plinth:no-transaction\n";

describe("indexes of tables in use (PLT-5)", () => {
  describeCases([
    ["an index of a table of the same file", accountsInUse],
    laterFile("one that stops writing", "\ncreate index i on accounts (n);", [
      "0002.sql:2",
      "index-concurrently",
      /index i on accounts stops writing/,
      /-- plinth:no-transaction as its first line/,
    ]),
    laterFile(
      "a concurrent one without a transaction",
      `${alone}create index concurrently if not exists i on accounts (n);`,
    ),
    laterFile("a concurrent one in a transaction", "create index concurrently if not exists i on accounts (n);", [
      "0002.sql:1",
      "no-transaction",
      /cannot run in a transaction/,
    ]),
    laterFile("one that cannot be repeated", `${alone}create index concurrently i on accounts (n);`, [
      "0002.sql:2",
      "no-transaction",
      /cannot be repeated/,
      /if not exists i on accounts/,
    ]),
    laterFile("one without a name", `${alone}create index concurrently on accounts (n);`, [
      "0002.sql:2",
      "no-transaction",
    ]),
    laterFile(
      "two of them in one file",
      `${alone}drop index concurrently if exists newest;\ncreate index concurrently if not exists i on accounts (n);`,
      ["0002.sql:3", "no-transaction", /more than one statement/],
    ),
    laterFile("anything else without a transaction", `${alone}${alterAccounts("add column m int")}`, [
      "0002.sql:2",
      "no-transaction",
      /may only be a 'create index concurrently'/,
    ]),
    laterFile("one dropped concurrently", `${alone}drop index concurrently if exists newest;`),
    laterFile("one dropped as usual", "drop index newest;", [
      "0002.sql:1",
      "index-concurrently",
      /drop index concurrently if exists newest/,
    ]),
    laterFile("one dropped that cannot be repeated", `${alone}drop index concurrently newest;`, [
      "0002.sql:2",
      "no-transaction",
    ]),
    laterFile("a reindex", "reindex table accounts;", ["0002.sql:1", "lock", /reindex stops writing/]),
  ]);
});
