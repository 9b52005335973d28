import assert from "node:assert/strict";
import { splitStatements } from "@plinth/migrations/sql/statements.ts";

describe("SQL statements", () => {
  const cases: [string, string, string[]][] = [
    ["nothing", " ;; -- only this\n/* and this; */ ;", []],
    ["the last one without a semicolon", "select 1;\nselect 2", ["select 1", "select 2"]],
    ["a comment before, and one after", "-- one;\nselect 1 -- two;\n;", ["select 1 -- two;"]],
    ["nested comments", "/* a /* b; */ c; */ select 1; select 2", ["select 1", "select 2"]],
    [
      "texts",
      "select 'a;''b;'; select e'a\\';b'; select 'a\\'; select 1",
      ["select 'a;''b;'", "select e'a\\';b'", "select 'a\\'", "select 1"],
    ],
    ["quoted names", 'select ";""; "; select 1', ['select ";""; "', "select 1"]],
    [
      "bodies",
      "do $x$ begin; $$ ; end $x$; select $$;$$; select a$b, c$d",
      ["do $x$ begin; $$ ; end $x$", "select $$;$$", "select a$b, c$d"],
    ],
    [
      "SQL bodies",
      "create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3",
      ["create function f() returns int begin atomic select case when true then 1 end; select 2; end", "select 3"],
    ],
    [
      "brackets",
      "create rule r as on insert to a do also (select 1; select 2); select 3",
      ["create rule r as on insert to a do also (select 1; select 2)", "select 3"],
    ],
    ["a text that never ends", "select 1; select 'a; b", ["select 1", "select 'a", "b"]],
  ];
  for (const [what, sql, statements] of cases) {
    it(`are told apart: ${what}`, () =>
      assert.deepEqual(
        splitStatements(sql).map(({ text }) => text),
        statements,
      ));
  }

  it("tell where each begins, past the comments before it", () => {
    const sql = "-- x\nselect 1;\n\n  /* ; */ select 2;";
    for (const { text, start } of splitStatements(sql)) assert.equal(sql.slice(start, start + text.length), text);
    assert.deepEqual(
      splitStatements(sql).map(({ start }) => start),
      [5, 26],
    );
  });
});
