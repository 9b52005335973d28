import assert from "node:assert/strict";
import { applyTransform } from "../../../../components/base/transform.ts";

describe("a transform of a child's arguments", () => {
  it("merges a partial", () =>
    assert.deepEqual(applyTransform<{ a: number; b: number }>({ a: 2 }, { a: 1, b: 1 }), { a: 2, b: 1 }));

  it("applies a function", () =>
    assert.deepEqual(
      applyTransform<{ a: number }>((args) => ({ a: args.a + 1 }), { a: 1 }),
      { a: 2 },
    ));

  it("changes nothing when there is none", () => assert.deepEqual(applyTransform(undefined, { a: 1 }), { a: 1 }));
});
