import assert from "node:assert/strict";
import { checkOutcome, type Outcome } from "../../../../suites/chaos/checker.ts";
import type { LogEntry } from "../../../../suites/chaos/client-log.ts";

/** Attempts of one key by their sequence, each acknowledged under its own name or not. */
function log(...attempts: [sequence: number, attempt: number, acknowledged: boolean][]): LogEntry[] {
  return attempts.flatMap(([sequence, attempt, acknowledged]): LogEntry[] => {
    const one = { key: "k", sequence, attempt };
    const end: LogEntry = acknowledged
      ? { ...one, at: "acknowledged", id: `${sequence}.${attempt}` }
      : { ...one, at: "unknown", why: "503" };
    return [{ ...one, at: "begun" }, end];
  });
}

const named = (id: string) => ({ id, name: `k/${id.replace(".", "/")}` });

/** The effects of these ids, in their order. */
function outcome(...ids: string[]): Outcome {
  return {
    rows: ids.map((id) => ({ ...named(id), processed: true })),
    events: ids.map(named),
    effects: ids.map((id, transaction) => ({ id, transaction })),
  };
}

describe("the checker of a client log", () => {
  const two = log([0, 0, true], [1, 0, true]);
  const done = outcome("0.0", "1.0");

  it("finds nothing when every promise was kept", () => {
    assert.deepEqual(checkOutcome(two, done), []);
    assert.deepEqual(checkOutcome([], outcome()), []);
  });

  it("accepts repeated events, and an unanswered request as done or not done", () => {
    assert.deepEqual(checkOutcome(two, { ...done, events: ["0.0", "1.0", "0.0", "1.0"].map(named) }), []);
    const tried = log([0, 0, false], [0, 1, true], [1, 0, false]);
    assert.deepEqual(checkOutcome(tried, outcome("0.1")), []);
    assert.deepEqual(checkOutcome(tried, outcome("0.0", "0.1", "1.0")), []);
  });

  it("treats the effects of one transaction as simultaneous", () => {
    const effects = [
      { id: "1.0", transaction: 7 },
      { id: "0.0", transaction: 7 },
    ];
    assert.deepEqual(checkOutcome(two, { ...done, effects }), []);
  });

  const broken: [string, LogEntry[], Outcome, RegExp][] = [
    ["an acknowledged write without a row", two, outcome("0.0"), /^k\/1\/0 was acknowledged, but there is no row/],
    [
      "a row with another id than the promised one",
      two,
      { ...done, rows: done.rows.map((row) => (row.id === "1.0" ? { ...row, id: "x" } : row)) },
      /acknowledged as 1\.0, but its row is x/,
    ],
    ["a row without an event", two, { ...done, events: [named("0.0")] }, /^k\/1\/0 has a row, but no event/],
    [
      "an unprocessed row",
      two,
      { ...done, rows: done.rows.map((row) => ({ ...row, processed: row.id !== "1.0" })) },
      /never processed/,
    ],
    [
      "an effect that came twice",
      two,
      { ...done, effects: [...done.effects, { id: "0.0", transaction: 9 }] },
      /^k\/0\/0 was processed 2 times/,
    ],
    [
      "two rows of one request",
      two,
      {
        ...done,
        rows: [...done.rows, { id: "y", name: "k/0/0", processed: true }],
        events: [...done.events, { id: "y", name: "k/0/0" }],
      },
      /sent once, but there are 2 rows/,
    ],
    [
      "events of a key out of order",
      two,
      { ...done, events: ["1.0", "0.0"].map(named) },
      /^k\/1\/0 stands in the topic before k\/0\/0/,
    ],
    [
      "effects of a key out of order",
      two,
      { ...done, effects: done.effects.toReversed() },
      /^k\/1\/0 was processed before k\/0\/0/,
    ],
    [
      "an event without a row, for an unanswered request",
      log([0, 0, false]),
      { ...outcome(), events: [named("0.0")] },
      /^k\/0\/0 has an event, but no row/,
    ],
    [
      "a row without an event, for an unanswered request",
      log([0, 0, false]),
      { ...outcome("0.0"), events: [] },
      /has a row, but no event/,
    ],
    ["a row without a request", [], outcome("0.0"), /which no client sent/],
    ["a log that goes on before the answer", log([1, 0, true]), outcome("1.0"), /acknowledged 1 where 0 was next/],
  ];
  for (const [what, entries, facts, finding] of broken) {
    it(`names ${what}`, () => assert.match(checkOutcome(entries, facts).join("\n"), finding));
  }
});
