import assert from "node:assert/strict";
import { alignSeries, lastValue } from "@plinth/local/page/browser/metrics/align.ts";

const series = (times: number[], values: (number | null)[]) => ({ name: "", labels: {}, times, values });

describe("series of a chart", () => {
  it("share one list of times, with gaps where a series has no value", () => {
    assert.deepEqual(alignSeries([series([1, 3], [10, 30]), series([2, 3], [200, null])]), [
      [1, 2, 3],
      [10, null, 30],
      [null, 200, null],
    ]);
  });

  it("have as their newest value the last one that is there", () => {
    assert.equal(lastValue(series([1, 2, 3], [1, 2, null])), 2);
    assert.equal(lastValue(series([1], [Number.NaN])), null);
  });
});
