import assert from "node:assert/strict";
import { loadParser, type SqlParser } from "@plinth/migrations/sql/parser.ts";
import { findTransactionControl, splitSql } from "@plinth/migrations/sql/statements.ts";
import { scanSync } from "libpg-query";

/** What is divided, the SQL, and its statements. */
type SplitCase = [what: string, sql: string, statements: string[]];

describe("SQL statements", () => {
  let parser: SqlParser;
  before(async () => {
    parser = await loadParser();
  });
  const texts = (sql: string) => parser.split(sql).statements.map(({ text }) => text);

  const cases: SplitCase[] = [
    ["nothing", " ;; -- only this\n/* and this; */ ;", []],
    ["a last statement without a semicolon", "select 1;\nselect 2", ["select 1", "select 2"]],
    ["a comment before, and one after", "-- one;\nselect 1 -- two;\n;", ["select 1 -- two;"]],
    ["nested comments", "/* a /* b; */ c; */ select 1; select 2", ["select 1", "select 2"]],
    [
      "texts",
      "select 'a;''b;'; select e'a\\';b'; select 'a\\'; select 1",
      ["select 'a;''b;'", "select e'a\\';b'", "select 'a\\'", "select 1"],
    ],
    ["an escaped text over two lines", "select E'a'\n'b\\';'; select 1", ["select E'a'\n'b\\';'", "select 1"]],
    ["a Unicode text", "select U&'\\0061;'; select 1", ["select U&'\\0061;'", "select 1"]],
    ["quoted names", 'select ";""; "; select 1', ['select ";""; "', "select 1"]],
    [
      "bodies",
      "do $x$ begin; $$ ; end $x$; select $$;$$; select a$b, c$d",
      ["do $x$ begin; $$ ; end $x$", "select $$;$$", "select a$b, c$d"],
    ],
    ["a body with a Unicode tag", "do $é$ begin; end $é$; select 1", ["do $é$ begin; end $é$", "select 1"]],
    [
      "dollars in a Unicode name",
      "select é$x$; select 1; select $x$;$x$",
      ["select é$x$", "select 1", "select $x$;$x$"],
    ],
    [
      "SQL bodies",
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
      ["create function f() returns int begin atomic select case when true then 1 end; select 2; end", "select 3"],
    ],
    [
      "SQL bodies of procedures",
      "create or replace procedure p() begin /* x */ atomic select 1; end; select 2",
      ["create or replace procedure p() begin /* x */ atomic select 1; end", "select 2"],
    ],
    [
      "keywords as names in an SQL body",
      'create function f() returns int begin atomic select 1 as end, t.case, "end", endé from t; select 2; end; select 3',
      [
        'create function f() returns int begin atomic select 1 as end, t.case, "end", endé from t; select 2; end',
        "select 3",
      ],
    ],
    ["a column called begin", "select begin atomic from t; select 1", ["select begin atomic from t", "select 1"]],
    [
      "brackets",
      "create rule r as on insert to a do also (select 1; select 2); select 3",
      ["create rule r as on insert to a do also (select 1; select 2)", "select 3"],
    ],
    ["a comment that a carriage return ends", "-- one\rselect 1;\rselect 2", ["select 1", "select 2"]],
    ["a no-break space, which belongs to a name", "select a\u00a0; select 1", ["select a\u00a0", "select 1"]],
    ["control characters in a text", "select '\f\v\x01;';\fselect 1\v;", ["select '\f\v\x01;'", "select 1"]],
    [
      "psql's commands, which the server refuses",
      "select 1;\n\\connect x\nselect 2;",
      ["select 1", "\\connect x\nselect 2"],
    ],
    ["a text that never ends as the rest", "select 1; select 'a; b", ["select 1; select 'a; b"]],
    ["a NUL as the rest", "select 1;\0 select 2; select 3", ["select 1;\0 select 2; select 3"]],
  ];
  for (const [what, sql, statements] of cases) {
    it(`are divided: ${what}`, () => assert.deepEqual(texts(sql), statements));

    it(`are divided alike in windows of a few bytes: ${what}`, () => {
      const whole = parser.split(sql);
      for (let bytes = 1; bytes < 40; bytes++) {
        const { statements, comments } = splitSql(sql, scanSync, bytes);
        if (isReadable(sql)) assert.deepEqual({ statements, comments }, whole, `${bytes} bytes`);
      }
    });
  }

  it("begin past the comments before them", () => {
    const sql = "-- é\nselect 1;\n\n  /* 😀; */ select 2;";
    const { statements, comments } = parser.split(sql);
    for (const { text, start } of statements) assert.equal(sql.slice(start, start + text.length), text);
    assert.deepEqual(
      statements.map(({ start }) => start),
      [5, 28],
    );
    const bytes = Buffer.from(sql);
    for (const { text, location } of comments)
      assert.equal(bytes.toString("utf8", location, location + Buffer.byteLength(text)), text);
  });

  it("are divided in a file of 20 MB that is one text", () => {
    const text = "é;".repeat(7_000_000);
    const { statements } = parser.split(`select 1; select '${text}'; select 2`);
    assert.deepEqual(
      statements.map(({ text }) => text.length),
      [8, text.length + 9, 8],
    );
  });

  it("are divided in a file of many", () => {
    const row = "insert into t values (1, 'é;'); -- x\n";
    const { statements, comments } = parser.split(row.repeat(20_000));
    assert.equal(statements.length, 20_000);
    assert.equal(comments.length, 20_000);
    assert.equal(statements.at(-1)!.start, row.length * 19_999);
  });

  for (const [sql, control] of [
    ["create table a();\n\ncommit;", { statement: "COMMIT", line: 3 }],
    ["BEGIN; select 1", { statement: "BEGIN", line: 1 }],
    ["select 1;\nstart  transaction;", { statement: "START TRANSACTION", line: 2 }],
    ["select 1;\nstart /* now */ transaction;", { statement: "START TRANSACTION", line: 2 }],
    ["-- commit;\nselect 'a;\ncommit;' /* ; rollback */", undefined],
    ["create function f() returns int language plpgsql as $x$ begin return 1; commit; end $x$", undefined],
    ["create function f() returns int begin atomic select 1; end;", undefined],
    ["create table begin_log (commit text)", undefined],
  ] as const)
    it(`control a transaction in ${JSON.stringify(sql)}: ${control?.statement ?? "none"}`, () =>
      assert.deepEqual(findTransactionControl(sql, parser.split(sql).statements), control));
});

/** Windows may cut the rest of an unreadable file elsewhere. */
const isReadable = (sql: string): boolean => !/'a; b|\0/.test(sql);
