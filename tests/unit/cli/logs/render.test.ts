import assert from "node:assert/strict";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rotateLog } from "@plinth/local/supervisor/logs.ts";
import { parseLogFilter } from "../../../../cli/logs/filter.ts";
import { LogFile, listLogs } from "../../../../cli/logs/log-file.ts";
import { parseLogLine } from "../../../../cli/logs/log-record.ts";
import { renderRecord } from "../../../../cli/logs/render.ts";
import { supportsColour } from "../../../../cli/terminal/colour.ts";

const NOW = Date.parse("2026-11-21T08:00:00.000Z");
const json = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-11-21T07:58:00.000Z", service: "wallet", msg: "request", ...fields });

describe("make logs: what a line says", () => {
  const lines: [who: string, line: string, level: string, time: string, message: string][] = [
    ["a service", json({ level: "warn", msg: "cache is away" }), "warn", "2026-11-21T07:58:00.000Z", "cache is away"],
    [
      "pino with numbers",
      '{"level":50,"time":1795248000000,"msg":"no"}',
      "error",
      new Date(1795248000000).toISOString(),
      "no",
    ],
    [
      "Python",
      '{"level":"WARNING","time":"2026-11-21T07:58:00Z","message":"slow"}',
      "warn",
      "2026-11-21T07:58:00.000Z",
      "slow",
    ],
    [
      "PostgreSQL",
      "2026-11-21 07:58:00.123 UTC [12] FATAL:  no such role",
      "fatal",
      "2026-11-21T07:58:00.123Z",
      "no such role",
    ],
    [
      "Kafka",
      "2026-11-21T07:58:00,123 WARN KafkaServer slow disk",
      "warn",
      new Date("2026-11-21T07:58:00.123").toISOString(),
      "KafkaServer slow disk",
    ],
    [
      "Redis",
      "12:M 21 Nov 2026 07:58:00.123 # memory is full",
      "warn",
      new Date("2026-11-21T07:58:00.123").toISOString(),
      "memory is full",
    ],
  ];
  for (const [who, line, level, time, message] of lines) {
    it(`reads one of ${who}`, () => {
      const record = parseLogLine("x", line);
      assert.deepEqual(
        [record.level, new Date(record.time).toISOString(), record.message, record.startsRecord],
        [level, time, message, true],
      );
    });
  }

  it("takes time and level of the line before for one that has none, such as a stack's", () => {
    const before = parseLogLine("x", json({ level: "error" }));
    const { time, level, startsRecord } = parseLogLine("x", "    at main.ts:3", before);
    assert.deepEqual([time, level, startsRecord], [before.time, "error", false]);
    assert.equal(parseLogLine("x", "2026-11-21 07:58:00.123 UTC [12] DETAIL:  why", before).level, "error");
  });
});

describe("make logs: filters", () => {
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
    [{ LEVEL: "loud" }, /^LEVEL=loud is no level: one of trace, debug, info, warn, error, fatal is$/],
    [{ SINCE: "5" }, /^SINCE=5 is no time: a span as in SINCE=5m/],
    [{ SINCE: "yesterday" }, /^SINCE=yesterday is no time/],
    [{ TENANT: "acme" }, /^TENANT=acme is no tenant: its number is meant, as in TENANT=10001$/],
  ];
  for (const [variables, sentence] of mistakes)
    it(`refuses ${JSON.stringify(variables)} in one sentence`, () =>
      assert.throws(() => parseLogFilter(variables), { message: sentence }));
});

describe("make logs: how a line looks", () => {
  const style = { colours: false, nameWidth: 8 };

  it("has time, level, service, message and fields on one line, and the stack of an error below", () => {
    const record = parseLogLine(
      "wallet",
      json({
        level: "error",
        version: "1",
        path: "/a b",
        status: 500,
        err: { message: "no luck", stack: "Error: no luck\n    at main.ts:3" },
      }),
    );
    const [head, ...rest] = renderRecord(record, style).split("\n");
    assert.match(head!, /^\d\d:\d\d:00\.000 ERROR wallet {4}request {2}path="\/a b" status=500 error="no luck"$/);
    assert.deepEqual(
      rest.map((line) => line.trim()),
      ["at main.ts:3"],
    );
  });

  it("hands no escape sequence of a client on to the terminal", () => {
    const hostile = "\u001b]0;owned\u0007\u009b2J\r";
    const shown = renderRecord(parseLogLine("wallet", json({ msg: hostile, path: hostile })), {
      ...style,
      colours: true,
    });
    assert.ok(shown.includes("\\x1b]0;owned\\x07\\x9b2J\\x0d"));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of the line itself.
    assert.doesNotMatch(shown.replace(/\u001b\[\d+m/g, ""), /[\u0000-\u001f\u007f-\u009f]/);
  });

  it("is coloured on a terminal alone, and not with NO_COLOR", () => {
    const cases: [boolean | undefined, Record<string, string>, boolean][] = [
      [true, {}, true],
      [true, { NO_COLOR: "" }, true],
      [true, { NO_COLOR: "1" }, false],
      [undefined, {}, false],
    ];
    for (const [isTTY, environment, colours] of cases)
      assert.equal(supportsColour(isTTY === undefined ? {} : { isTTY }, environment), colours);
  });
});

describe("make logs: a log that grows", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "plinth-logs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const said = (file: LogFile) => file.readAdded().map(({ message }) => message);

  it("is followed by whole lines, also within a letter, and over a rotation", () => {
    const path = join(folder, "x.log");
    writeFileSync(path, "first\n");
    const file = new LogFile(folder, "x");
    assert.deepEqual(said(file), ["first"]);
    const euro = Buffer.from("5 €\n");
    appendFileSync(path, euro.subarray(0, 3));
    assert.deepEqual(said(file), []);
    appendFileSync(path, euro.subarray(3));
    assert.deepEqual(said(file), ["5 €"]);
    rotateLog(path, 1);
    appendFileSync(path, "x\n");
    assert.deepEqual(said(file), ["x"]);
    assert.deepEqual(listLogs(folder), ["x"]);
  });

  it("is waited for where it is not there yet", () => {
    const file = new LogFile(folder, "late");
    file.skipToEnd();
    assert.deepEqual(said(file), []);
    writeFileSync(join(folder, "late.log"), "begun\n");
    assert.deepEqual(said(file), ["begun"]);
  });

  it("is read with the rotated ones before it where a time is asked for", () => {
    const path = join(folder, "x.log");
    for (const n of [1, 2, 3]) {
      writeFileSync(path, `${json({ msg: String(n) })}\n`);
      if (n < 3) rotateLog(path, 1);
    }
    const messages = (since: number | undefined) =>
      new LogFile(folder, "x").readHistory(since).map(({ message }) => message);
    assert.deepEqual([messages(0), messages(undefined)], [["1", "2", "3"], ["3"]]);
  });
});
