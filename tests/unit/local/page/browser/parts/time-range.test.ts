import assert from "node:assert/strict";
import { describeLast, readRange, stepOf } from "@plinth/local/page/browser/parts/time-range.ts";

const NOW = 1_764_000_000_000;

describe("the time range of an address", () => {
  it("is the last minutes, hours or days", () => {
    assert.deepEqual(readRange(new URLSearchParams("range=15m"), NOW), { last: "15m", from: NOW - 900_000, to: NOW });
    assert.equal(readRange(new URLSearchParams("range=7d"), NOW).from, NOW - 604_800_000);
  });

  it("is absolute with two ends, or from one end until now", () => {
    assert.deepEqual(readRange(new URLSearchParams("from=1000&to=2000"), NOW), { from: 1000, to: 2000 });
    assert.deepEqual(readRange(new URLSearchParams("from=1000"), NOW), { from: 1000, to: NOW });
  });

  for (const query of ["range=0m", "range=-5m", "range=1y", "range=<img>", "from=x&to=y", "from=NaN", ""])
    it(`is the default for '${query}'`, () => {
      assert.equal(readRange(new URLSearchParams(query), NOW, "1h").last, "1h");
    });

  it("has a name", () => {
    assert.equal(describeLast("1h"), "Last hour");
    assert.equal(describeLast("15m"), "Last 15 minutes");
  });

  it("has a round step for about as many points as are asked for", () => {
    assert.equal(stepOf(0, 900_000, 240), 5);
    assert.equal(stepOf(0, 7 * 86_400_000, 240), 3600);
  });
});
