import assert from "node:assert/strict";
import { layOut } from "@plinth/local/page/browser/resources/graph-layout.ts";

describe("the layout of the graph of resources", () => {
  it("places what is used to the right of what uses it", () => {
    const { places, edges } = layOut([
      { name: "postgresql", uses: [] },
      { name: "gateway", uses: ["wallet"] },
      { name: "wallet", uses: ["postgresql", "absent", "wallet"] },
    ]);
    const x = new Map(places.map((place) => [place.name, place.x]));
    assert.ok(x.get("gateway")! < x.get("wallet")! && x.get("wallet")! < x.get("postgresql")!);
    assert.deepEqual(edges, [
      { from: "gateway", to: "wallet" },
      { from: "wallet", to: "postgresql" },
    ]);
  });

  it("gives each of 60 resources a place of its own", () => {
    const names = Array.from({ length: 60 }, (_, index) => `service-${index}`);
    const { places, height } = layOut([...names.map((name) => ({ name, uses: ["db"] })), { name: "db", uses: [] }]);
    assert.equal(new Set(places.map(({ x, y }) => `${x} ${y}`)).size, 61);
    assert.ok(height < 800, `${height} px`);
  });

  it("ends with circles", () => {
    const { places } = layOut([
      { name: "a", uses: ["b"] },
      { name: "b", uses: ["a"] },
    ]);
    assert.equal(places.length, 2);
  });
});
