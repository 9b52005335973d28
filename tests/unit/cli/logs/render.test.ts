import assert from "node:assert/strict";
import { parseLogLine } from "../../../../cli/logs/log-record.ts";
import { renderRecord } from "../../../../cli/logs/render.ts";

const json = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-11-21T07:58:00.000Z", service: "wallet", msg: "request", ...fields });

describe("the lines of make logs", () => {
  const style = { colours: false, nameWidth: 8 };

  it("show time, level, service, message and fields, and the stack of an error below", () => {
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

  it("escape the control characters of a client", () => {
    const hostile = "\u001b]0;owned\u0007\u009b2J\r";
    const shown = renderRecord(parseLogLine("wallet", json({ msg: hostile, path: hostile })), {
      ...style,
      colours: true,
    });
    assert.ok(shown.includes("\\x1b]0;owned\\x07\\x9b2J\\x0d"));
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of the line itself.
    assert.doesNotMatch(shown.replace(/\u001b\[\d+m/g, ""), /[\u0000-\u001f\u007f-\u009f]/);
  });
});
