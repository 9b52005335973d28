import assert from "node:assert/strict";
import { renderPlot } from "../../../../cli/load/plot.ts";

describe("plot of a load (HLS-5)", () => {
  it("draws each curve to scale and escapes the title", () => {
    const svg = renderPlot("<a> & b", [
      { title: "RPS", curves: [{ name: "RPS", colour: "#000", values: [0, 50, 100] }] },
    ]);
    assert.match(svg, /&lt;a> &amp; b/);
    const points = /<polyline [^>]*points="([^"]+)"/
      .exec(svg)![1]!
      .split(" ")
      .map((point) => point.split(",").map(Number));
    assert.deepEqual(
      points.map(([x]) => x),
      [70, 425, 780],
    );
    const [low, middle, high] = points.map(([, y]) => y!);
    assert.ok(low! > middle! && middle! > high!);
    assert.equal(low! - middle!, middle! - high!);
  });

  it("is well-formed without curves", () =>
    assert.match(renderPlot("none", [{ title: "RPS", curves: [] }]), /<\/svg>\n$/));
});
