import assert from "node:assert/strict";
import { logQuery, quoteLogsql, toRfc3339 } from "@plinth/local/page/sources/logs/logsql.ts";

describe("the query for log lines", () => {
  it("leaves spans out, and asks only what the filter names", () => {
    assert.equal(logQuery({}, 10001), 'kind:!="span"');
    assert.equal(logQuery({ level: "error" }, 7), 'kind:!="span" level:in("error","fatal")');
    assert.equal(logQuery({ level: "trace" }, 7), 'kind:!="span"');
  });

  it("counts lines without a known level as info", () => {
    assert.equal(logQuery({ level: "info" }, 7), 'kind:!="span" !level:in("trace","debug")');
  });

  it("looks for a tenant by a field in the infrastructure's account, and by the account itself in the tenant's", () => {
    assert.equal(logQuery({ tenant: 7 }, 10001), 'kind:!="span" tenant_id:="7"');
    assert.equal(logQuery({ tenant: 7 }, 7), 'kind:!="span"');
    assert.equal(logQuery({ tenant: 10001 }, 10001), 'kind:!="span"');
  });

  it("quotes texts as Go reads them, without halves of surrogate pairs", () => {
    assert.equal(quoteLogsql('a"b\\c\n'), '"a\\"b\\\\c\\n"');
    assert.equal(quoteLogsql("a\ud800b"), '"a\ufffdb"');
  });

  it("writes a time with nine digits, as fewer mean a whole second", () => {
    assert.equal(toRfc3339("1795859549020000001"), "2026-11-28T09:52:29.020000001Z");
    assert.equal(toRfc3339("5"), "1970-01-01T00:00:00.000000005Z");
  });
});
