import assert from "node:assert/strict";
import { describeCases, lintStatements, table } from "../../../support/migration-lint.ts";

const accounts = table("accounts");
const index = "create index i on accounts (id);";

describe("directives that accept a finding (PLT-5)", () => {
  describeCases([
    ["the statement below it", [accounts, `-- plinth:allow index-concurrently: ten rows\n${index}`]],
    ["a statement in a file with CRLF", [accounts, `-- plinth:allow index-concurrently: ten rows\r\n${index}`]],
    [
      "a statement past wide characters",
      [accounts, `select '😀é';\n-- plinth:allow index-concurrently: ten rows\n${index}`],
    ],
    [
      "a statement with another comment between",
      [accounts, `-- plinth:allow index-concurrently: ten rows\n-- for the list\n${index}`],
    ],
    [
      "a text that looks like a directive",
      [accounts, `select '\n-- plinth:allow index-concurrently: no\n';\n${index}`],
      ["0002.sql:4", "index-concurrently"],
    ],
    [
      "a directive above another statement",
      [accounts, `-- plinth:allow index-concurrently: ten rows\nselect 1;\n${index}`],
      ["0002.sql:3", "index-concurrently"],
    ],
    [
      "another rule",
      [accounts, `-- plinth:allow tenant-key: ten rows\n${index}`],
      ["0002.sql:2", "index-concurrently"],
    ],
    [
      "no reason",
      [accounts, `-- plinth:allow index-concurrently\n${index}`],
      ["0002.sql:1", "directive", /gives no reason; say why/],
      ["0002.sql:2", "index-concurrently"],
    ],
    [
      "an unknown rule",
      "\n-- plinth:allow indexes: all\nselect 1;",
      ["0001.sql:2", "directive", /name one of tenant-column, /],
    ],
    ["syntax, which nothing accepts", "-- plinth:allow syntax: oh\nselect 1;", ["0001.sql:1", "directive"]],
    [
      "an unknown directive",
      "-- plinth:disable: all\nselect 1;",
      ["0001.sql:1", "directive", /plinth:disable is not known; write -- plinth:allow <rule>/],
    ],
    [
      "a no-transaction line that is not the first",
      "select 1;\n-- plinth:no-transaction\n",
      ["0001.sql:2", "directive", /not the file's first line/],
    ],
    [
      "a local table without a reason",
      "-- plinth:local-table\ncreate table t (k text primary key, tenant_id text);",
      ["0001.sql:1", "directive"],
      ["0001.sql:2", "tenant-column"],
      ["0001.sql:2", "row-security"],
    ],
    [
      "an earlier file, from a later one",
      [
        accounts,
        index,
        "-- plinth:allow index-concurrently in 0002_x.sql: released before the rule existed\nselect 1;",
      ],
    ],
    [
      "a later file, from an earlier one",
      [accounts, "-- plinth:allow index-concurrently in 0003_x.sql: no\nselect 1;", index],
      ["0003.sql:1", "index-concurrently"],
    ],
    [
      "the file alone, from a comment without a statement",
      [accounts, index, "-- plinth:allow index-concurrently in 0002_x.sql: released before the rule existed"],
    ],
  ]);
});

describe("lines of findings (PLT-5)", () => {
  describeCases([
    [
      "SQL that PostgreSQL cannot read, past wide characters",
      `${accounts}-- 😀 é\nselect '😀😀';\ncreate tabel x ();`,
      ["0001.sql:4", "syntax", /syntax error at or near "tabel"/],
    ],
    ["a text that never ends", "select 1;\nselect '\n\n", ["0001.sql:2", "syntax", /unterminated quoted string/]],
    ["a NUL", "select 1;\nselect \0 1;", ["0001.sql:2", "syntax", /NUL/]],
    [
      "statements past wide characters",
      [accounts, `-- ${"😀é".repeat(50)}\n\n/* ü\n */ ${index}`],
      ["0002.sql:4", "index-concurrently"],
    ],
    [
      "a column past wide characters",
      `${"-- é\n".repeat(30)}create table ü (\n  tenant_id bigint,\n  ä bigint primary key\n);`,
      ["0001.sql:31", "distribution"],
      ["0001.sql:31", "row-security"],
      ["0001.sql:33", "tenant-key", /primary key ü_pkey of tenant table ü .* \(tenant_id, ä\)/],
    ],
    ["an empty file", ""],
    ["a file of comments", "-- nothing\n/* at all */"],
  ]);

  it("judges nothing else while a file cannot be read", async () => {
    const findings = await lintStatements("create table open (id bigint);", "selct 1;");
    assert.deepEqual(
      findings.map(({ rule }) => rule),
      ["syntax"],
    );
  });
});
