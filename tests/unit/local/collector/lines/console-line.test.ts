import assert from "node:assert/strict";
import { ConsoleLines } from "@plinth/local/collector/lines/console-line.ts";
import { MAX_FIELDS } from "@plinth/local/collector/lines/line-fields.ts";

const DAY = 86_400_000;
const NOW = Date.parse("2026-11-28T12:00:00Z");
const labels = { service: "wallet", env: "local", version: "1.0.0" };

type Document = Record<string, string | number | boolean>;

function read(line: string, { live = true, cutBytes }: { live?: boolean; cutBytes?: number } = {}): Document {
  const reading = { now: NOW, live, ...(cutBytes === undefined ? {} : { cutBytes }) };
  return parse(new ConsoleLines("wallet-1", labels, 7 * DAY).toDocument(line, reading));
}

function parse(text: string | undefined): Document {
  assert.notEqual(text, undefined);
  return JSON.parse(text!) as Document;
}

describe("lines of a process's console", () => {
  it("become a document with the contract's labels and the line's own fields (OBS-2)", () => {
    const line = {
      level: "warn",
      time: "2026-11-28T11:59:59.500Z",
      service: "wallet",
      version: "1.0.1",
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      tenant_id: 42,
      err: { type: "Error", stack: "Error: x\n    at y" },
      msg: "slow",
    };
    assert.deepEqual(read(JSON.stringify(line)), {
      _time: `${Date.parse(line.time)}000000`,
      _msg: "slow",
      service: "wallet",
      env: "local",
      version: "1.0.1",
      level: "warn",
      origin: "console",
      process: "wallet-1",
      trace_id: line.trace_id,
      tenant_id: 42,
      "err.type": "Error",
      "err.stack": "Error: x\n    at y",
    });
  });

  it("cannot take the collector's names: labels, origin, process and the mark of a span", () => {
    const line = { service: "other", env: "prod", origin: "push", process: "x", kind: "span", _time: "0", msg: "m" };
    const document = read(JSON.stringify(line));
    assert.deepEqual(
      [document.service, document.env, document.origin, document.process, document.kind],
      ["wallet", "local", "console", "wallet-1", undefined],
    );
    assert.deepEqual(
      ["service", "env", "origin", "process", "kind", "_time"].map((name) => document[`line.${name}`]),
      ["other", "prod", "push", "x", "span", "0"],
    );
    assert.equal(read('{"kind":"deposit","msg":"m"}').kind, "deposit");
  });

  for (const [line, level] of [
    ['{"level":50,"msg":"pino"}', "error"],
    ['{"severity":"WARNING","message":"python"}', "warn"],
    ['{"level":"whatever","msg":"x"}', "info"],
    ["2026-11-28 11:59:00.123 UTC [71] LOG:  checkpoint starting", "info"],
    ['2026-11-28 11:59:00.123 UTC [71] ERROR:  relation "x" does not exist', "error"],
    ["2026-11-28 11:59:00.123 UTC [71] FATAL:  the database system is shutting down", "fatal"],
    ["[2026-11-28 11:59:00,123] WARN [ReplicaManager broker=1] x (kafka.server.ReplicaManager)", "warn"],
    ["123:M 28 Nov 2026 11:59:00.123 # WARNING overcommit_memory is set to 0", "warn"],
    ["123:M 28 Nov 2026 11:59:00.123 * Ready to accept connections tcp", "info"],
    ["2026-11-28T11:59:00.123Z\twarn\tlib/logstorage/x.go:1\tskipping", "warn"],
    ["level=error msg=x", "error"],
    ["no level, although ERRORS and information are mentioned", "info"],
  ] as const) {
    it(`have the level ${level}: ${line.slice(0, 60)}`, () => assert.equal(read(line).level, level));
  }

  it("have the time that they begin with (PostgreSQL, Kafka, VictoriaLogs, Redis)", () => {
    const local = (text: string) => Date.parse(text);
    for (const [line, ms] of [
      ["2026-11-28 11:59:00.123 UTC [71] LOG:  x", Date.parse("2026-11-28T11:59:00.123Z")],
      ["2026-11-28T11:59:00.5Z\tinfo\tx", Date.parse("2026-11-28T11:59:00.500Z")],
      ["[2026-11-28 11:59:00,123] INFO x", local("2026-11-28T11:59:00.123")],
      ["1:M 28 Nov 2026 11:59:00.123 * x", local("28 Nov 2026 11:59:00.123")],
    ] as const) {
      assert.equal(read(line, { live: false })._time, `${ms}000000`, line);
    }
  });

  it("have the time of reading when their clock is far off, and keep what they said", () => {
    for (const time of ["2026-11-29T12:00:00Z", "2026-11-28T11:00:00Z", "1970-01-01T00:00:00Z", "yesterday"]) {
      const document = read(JSON.stringify({ time, msg: "m" }));
      assert.deepEqual([document._time, document["line.time"]], [`${NOW}000000`, time]);
    }
    // A line that was written while the collector was away may be old.
    const late = read(JSON.stringify({ time: "2026-11-26T12:00:00Z", msg: "m" }), { live: false });
    assert.deepEqual([late._time, late["line.time"]], [`${NOW - 2 * DAY}000000`, undefined]);
  });

  it("take a time in seconds, milliseconds and nanoseconds", () => {
    const ms = NOW - 1000;
    for (const time of [ms / 1000, ms, ms * 1000, String(ms), `${ms}000000`])
      assert.equal(read(JSON.stringify({ time, msg: "m" }))._time, `${ms}000000`, String(time));
  });

  it("keep the order of a stack trace, with the time and level of its first line", () => {
    const lines = new ConsoleLines("kafka", labels, 7 * DAY);
    const trace = [
      "2026-11-28T11:59:00.123Z ERROR failed",
      "java.lang.IllegalStateException: x",
      "\tat a.B.c(B.java:1)",
      "Caused by: java.io.IOException: y",
      "\t... 3 more",
    ].map((line, index) => parse(lines.toDocument(line, { now: NOW + index, live: true })));
    const ms = Date.parse("2026-11-28T11:59:00.123Z");
    assert.deepEqual(
      trace.map(({ _time, level }) => [_time, level]),
      trace.map((_, index) => [`${ms}00000${index}`, "error"]),
    );
    assert.equal(parse(lines.toDocument("next", { now: NOW + 9, live: true }))._time, `${NOW + 9}000000`);
  });

  it("lose colours and control characters", () => {
    assert.equal(read("\u001b[1;31merror\u001b[0m \u001b]0;title\u0007x\u0000y\r")._msg, "error x\ufffdy");
    assert.equal(read('{"msg":"\\u001b[32mgreen\\u001b[39m"}')._msg, "green");
  });

  it("have a bounded number of fields, with what is left out in one text", () => {
    const fields = Object.fromEntries(Array.from({ length: 10_000 }, (_, n) => [`field_${n}`, { nested: n }]));
    const document = read(JSON.stringify({ msg: "m", ...fields }));
    assert.ok(Object.keys(document).length < MAX_FIELDS + 15);
    assert.equal(document["cut.fields"], 10_000 - MAX_FIELDS);
    assert.match(String(document["cut.rest"]), /"field_100":\{"nested":100\}/);
  });

  it("have bounded values and names", () => {
    const document = read(JSON.stringify({ msg: "x".repeat(500_000), big: "y".repeat(500_000), ["n".repeat(300)]: 1 }));
    assert.ok(JSON.stringify(document).length < 200_000);
    assert.match(String(document.big), /^y+… \[cut: 500000 characters\]$/);
    assert.ok(Object.keys(document).every((name) => name.length <= 100));
  });

  it("have names of at most 128 bytes, of which the store drops the whole line (OBS-7)", () => {
    const document = read(JSON.stringify({ msg: "m", ["名".repeat(60)]: 1, nested: { ["😀".repeat(40)]: 2 }, 名: 3 }));
    assert.ok(Object.keys(document).every((name) => Buffer.byteLength(name) <= 128));
    assert.deepEqual([document.名, document["cut.fields"]], [3, 2]);
  });

  it("survive names and levels that every JavaScript object has", () => {
    const document = read('{"msg":"m","level":"constructor","__proto__":"kept","time":{"toString":1}}');
    assert.deepEqual(
      [document._msg, document.level, document["line.__proto__"], document["line.time"]],
      ["m", "info", "kept", '{"toString":1}'],
    );
    assert.equal(read('{"msg":"m","level":"__proto__"}').level, "info");
  });

  it("survive any depth of nesting", () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    for (const name of ["msg", "time", "level", "service", "field"])
      assert.match(JSON.stringify(read(`{"${name}":${deep}}`)), /nested too deeply|no message/, name);
  });

  it("keep level, time and ids although their end is missing", () => {
    const whole = `{"level":"error","time":"2026-11-28T11:59:59.000Z","trace_id":"abc","tenant_id":7,"msg":"long ${"x".repeat(99)}`;
    const document = read(whole, { cutBytes: 5_000_000 });
    assert.deepEqual(
      [document.level, document.trace_id, document.tenant_id, document["cut.bytes"]],
      ["error", "abc", 7, 5_000_000],
    );
    assert.match(String(document._msg), /^long x+$/);
  });

  it("have at most ten versions, whatever a process prints", () => {
    const lines = new ConsoleLines("wallet-1", labels, DAY);
    const versions = Array.from({ length: 100 }, (_, n) => {
      const line = JSON.stringify({ service: "wallet", version: `1.0.${n}`, msg: "m" });
      return parse(lines.toDocument(line, { now: NOW, live: true })).version;
    });
    assert.equal(new Set(versions).size, 10);
  });

  it("may be any JSON or none", () => {
    for (const line of ["{}", "{", "{]}", "[1]", "null", '"text"', '{"msg":{"a":1}}', '{"msg":null}', "42"])
      assert.notEqual(read(line)._msg, undefined, line);
    assert.equal(new ConsoleLines("x", labels, DAY).toDocument("   ", { now: NOW, live: true }), undefined);
  });
});
