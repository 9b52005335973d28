import assert from "node:assert/strict";
import { parseLogLine } from "../../../../cli/logs/log-record.ts";

const json = (fields: object) =>
  JSON.stringify({ level: "info", time: "2026-11-21T07:58:00.000Z", service: "wallet", msg: "request", ...fields });

describe("the parser of log lines", () => {
  const lines: [writer: string, line: string, level: string, time: string, message: string][] = [
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
  for (const [writer, line, level, time, message] of lines) {
    it(`reads a line of ${writer}`, () => {
      const record = parseLogLine("x", line);
      assert.deepEqual(
        [record.level, new Date(record.time).toISOString(), record.message, record.startsRecord],
        [level, time, message, true],
      );
    });
  }

  it("takes time and level from the line before when a line has none", () => {
    const before = parseLogLine("x", json({ level: "error" }));
    const { time, level, startsRecord } = parseLogLine("x", "    at main.ts:3", before);
    assert.deepEqual([time, level, startsRecord], [before.time, "error", false]);
    assert.equal(parseLogLine("x", "2026-11-21 07:58:00.123 UTC [12] DETAIL:  why", before).level, "error");
  });
});
