import assert from "node:assert/strict";
import { loadModule, tablesOf, withoutTenantFilter } from "../../../../suites/isolation/tenant-filter.ts";

describe("a statement without its tenant filter", () => {
  before(() => loadModule());

  const cases: [string, string, number][] = [
    [
      "select * from t where tenant_id = $1 and id = $2",
      "select * from t where ($1::bigint is not null) and id = $2",
      1,
    ],
    ["select * from t a where a.tenant_id=$1", "select * from t a where ($1::bigint is not null)", 1],
    [
      "select 'ж' from t where $12::bigint = t.tenant_id order by 1",
      "select 'ж' from t where ($12::bigint is not null) order by 1",
      1,
    ],
    ["delete from s.t where tenant_id = any($1) and b", "delete from s.t where ($1::bigint[] is not null) and b", 1],
    ["delete from t where tenant_id = any($1::bigint[])", "delete from t where ($1::bigint[] is not null)", 1],
    [
      "select 1 from a join b on b.tenant_id = a.tenant_id where a.tenant_id = $1",
      "select 1 from a join b on b.tenant_id = a.tenant_id where ($1::bigint is not null)",
      1,
    ],
    [
      "with x as (select 1 from t where tenant_id = 7) select * from x, t where tenant_id = $1",
      "with x as (select 1 from t where (7::bigint is not null)) select * from x, t where ($1::bigint is not null)",
      2,
    ],
    ["insert into t (tenant_id) values ($1)", "insert into t (tenant_id) values ($1)", 0],
  ];
  for (const [sql, expected, removed] of cases) {
    it(`${sql} (PLT-7)`, () => {
      assert.deepEqual(withoutTenantFilter(sql), { text: expected, removed });
    });
  }

  it("names the tables that a statement writes or reads", () => {
    assert.deepEqual(tablesOf("insert into w.a (x) select y from b join c using (z)").sort(), ["a", "b", "c"]);
    assert.deepEqual(tablesOf("update a set x = 1").sort(), ["a"]);
    assert.deepEqual(tablesOf("with d as (delete from a returning x) insert into b select x from d").sort(), [
      "a",
      "b",
      "d",
    ]);
  });
});
