import assert from "node:assert/strict";
import {
  formatAge,
  formatBytes,
  formatDuration,
  formatNumber,
  formatUnit,
  msOf,
} from "@plinth/local/page/browser/parts/format.ts";

describe("texts of numbers", () => {
  const durations: [number, string][] = [
    [0, "0 ns"],
    [950, "950 ns"],
    [1_500, "1.5 µs"],
    [12_340_000, "12.3 ms"],
    [2_000_000_000, "2 s"],
    [61e9, "1 min 1 s"],
    [3_700e9, "1 h 1 min"],
    [200_000e9, "2 d 7 h"],
    [-5e6, "−5 ms"],
  ];
  for (const [ns, text] of durations)
    it(`shows ${ns} ns as ${text}`, () => {
      assert.equal(formatDuration(ns), text);
    });

  it("keeps three digits, and no zero behind the point", () => {
    assert.deepEqual([0, 0.00125, 1.5, 10, 100, 12_345, 2.5e6].map(formatNumber), [
      "0",
      "0.00125",
      "1.5",
      "10",
      "100",
      "12.3 k",
      "2.5 M",
    ]);
    assert.equal(formatBytes(29_500_000), "29.5 MB");
  });

  it("follows a panel's unit", () => {
    assert.equal(formatUnit(0.0123, "ratio"), "1.23 %");
    assert.equal(formatUnit(0.25, "seconds"), "250 ms");
    assert.equal(formatUnit(12, "requests/s"), "12 req/s");
    assert.equal(formatUnit(null, "bytes"), "–");
  });

  it("reads milliseconds from nanoseconds that a double cannot hold", () => {
    assert.equal(msOf("1764000000123456789"), 1_764_000_000_123.456_8);
    assert.equal(msOf("500"), 0.0005);
  });

  it("tells the age in words", () => {
    assert.equal(formatAge(0, 90_000), "1 min ago");
    assert.equal(formatAge(0, 2_000), "just now");
  });
});
