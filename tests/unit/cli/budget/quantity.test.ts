import assert from "node:assert/strict";
import { formatBytes, formatCores, parseQuantity } from "../../../../cli/budget/quantity.ts";

describe("Kubernetes quantities (SHOP-10)", () => {
  const values: [string | number, number][] = [
    ["250m", 0.25],
    ["1", 1],
    [2, 2],
    [0.5, 0.5],
    ["1.5", 1.5],
    [".5", 0.5],
    ["1.", 1],
    ["100n", 1e-7],
    ["7u", 7e-6],
    ["64Mi", 67_108_864],
    ["1.5Gi", 1_610_612_736],
    ["4G", 4e9],
    ["3k", 3000],
    ["2Ki", 2048],
    ["1Ti", 1_099_511_627_776],
    ["12e6", 12e6],
    ["12E6", 12e6],
    ["1e-3", 0.001],
    ["1E", 1e18],
    ["1Ei", 2 ** 60],
    ["128974848000m", 128_974_848],
    ["-1", -1],
    ["0", 0],
  ];
  for (const [text, value] of values) it(`${text} is ${value}`, () => assert.equal(parseQuantity(text), value));

  for (const text of ["", "Mi", "1mi", "1 Gi", "1KiB", "ten", "1e", "1.2.3", "0x10", "[unknown]"])
    it(`refuse '${text}'`, () => assert.throws(() => parseQuantity(text), /is not a quantity; write it as in 250m/));

  it("are formatted for people", () => {
    assert.deepEqual([0, 512, 2 ** 20, 1.5 * 2 ** 30, 4e9, 2000 * 2 ** 40].map(formatBytes), [
      "0 B",
      "512 B",
      "1 MiB",
      "1.5 GiB",
      "3.7 GiB",
      "2000 TiB",
    ]);
    assert.deepEqual([0.05, 1, 2.3500001].map(formatCores), ["0.05", "1", "2.35"]);
  });
});
