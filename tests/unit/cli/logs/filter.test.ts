import assert from "node:assert/strict";
import { parseLogFilter } from "../../../../cli/logs/filter.ts";
import { parseLogLine } from "../../../../cli/logs/log-record.ts";

const NOW = Date.parse("2026-11-21T08:00:00.000Z");
const json = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-11-21T07:58:00.000Z", service: "wallet", msg: "request", ...fields });

describe("the filters of make logs", () => {
  const records = {
    bet: parseLogLine("wallet", json({ tenant_id: 10001, trace_id: "abc", path: "/Bets" })),
    old: parseLogLine("wallet", json({ time: "2026-11-21T07:00:00.000Z", tenant_id: 10002, correlation_id: "abc" })),
    failed: parseLogLine("wallet", json({ level: "error", msg: "failed" })),
    fine: parseLogLine("wallet", json({ level: "debug" })),
  };
  const table: [variables: Record<string, string>, shown: (keyof typeof records)[]][] = [
    [{}, ["bet", "old", "failed", "fine"]],
    [{ LEVEL: "info" }, ["bet", "old", "failed"]],
    [{ LEVEL: "WARN" }, ["failed"]],
    [{ GREP: "bets" }, ["bet"]],
    [{ SINCE: "5m" }, ["bet", "failed", "fine"]],
    [{ SINCE: "2h" }, ["bet", "old", "failed", "fine"]],
    [{ SINCE: "2026-11-21T07:59:00Z" }, []],
    [{ TENANT: "10001" }, ["bet"]],
    [{ TRACE: "abc" }, ["bet", "old"]],
    [{ TRACE: "abc", TENANT: "10002", LEVEL: "" }, ["old"]],
  ];
  for (const [variables, shown] of table) {
    it(`${JSON.stringify(variables)} shows ${shown.join(", ") || "nothing"}`, () => {
      const { matches } = parseLogFilter(variables, NOW);
      assert.deepEqual(
        Object.entries(records)
          .filter(([, record]) => matches(record))
          .map(([name]) => name),
        shown,
      );
    });
  }

  it("names several services", () =>
    assert.deepEqual(parseLogFilter({ SERVICE: "wallet, highload" }).services, ["wallet", "highload"]));

  const mistakes: [variables: Record<string, string>, sentence: RegExp][] = [
    [{ LEVEL: "loud" }, /^LEVEL is 'loud', but must be 'trace' or 'debug' or 'info' or 'warn' or 'error' or 'fatal'$/],
    [{ SINCE: "5" }, /^SINCE is '5', but must be a span, as in SINCE=5m/],
    [{ SINCE: "yesterday" }, /^SINCE is 'yesterday', but must be a span/],
    [
      { TENANT: "acme" },
      /^TENANT is 'acme', but must be a tenant's number from 1 to 9007199254740991, as in TENANT=10001$/,
    ],
  ];
  for (const [variables, sentence] of mistakes)
    it(`refuses ${JSON.stringify(variables)} in one sentence`, () =>
      assert.throws(() => parseLogFilter(variables), { message: sentence }));
});
