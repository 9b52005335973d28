import assert from "node:assert/strict";
import { parseConcurrentIndex } from "@plinth/migrations/sql/concurrent-index.ts";

describe("a concurrent index (PLT-5)", () => {
  it("has its name quoted for SQL", async () => {
    const read = await parseConcurrentIndex(
      '-- plinth:no-transaction\ncreate index concurrently if not exists "a""B" on s.t (x);',
    );
    assert.deepEqual([read?.verb, read?.index], ["create", '"s"."a""B"']);
  });
});
