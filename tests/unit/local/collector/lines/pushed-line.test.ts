import assert from "node:assert/strict";
import { toPushedDocument } from "@plinth/local/collector/lines/pushed-line.ts";

/** As the store is started. */
const MAX_LINE_BYTES = 2_000_000;

describe("pushed lines", () => {
  it("are shorter than the store takes, whatever they hold (OBS-7)", () => {
    for (const text of ["名", "\u0001", '"', "\ud800"]) {
      const named = (prefix: string) =>
        Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`${prefix}${n}`, text.repeat(20_000)]));
      const labels = Object.fromEntries(Array.from({ length: 30 }, (_, n) => [`label_${n}`, text.repeat(2048)]));
      const line = JSON.stringify({ msg: text.repeat(150_000), ...named("field_") });
      const document = toPushedDocument({ ...labels, service: "wallet" }, named("metadata_"), line, 1n);
      assert.ok(Buffer.byteLength(document) < MAX_LINE_BYTES, `${Buffer.byteLength(document)} bytes`);
      assert.match(document, /"label_29":/, "labels are kept before anything else");
      assert.match(document, /"cut\.fields":/);
    }
  });

  it("have no level that is none", () => {
    for (const level of ["constructor", "__proto__", "toString"])
      assert.match(toPushedDocument({ service: "wallet", level }, {}, "line", 1n), /"level":"info"/);
  });

  it("survive any depth of nesting", () => {
    const deep = `${"[".repeat(50_000)}${"]".repeat(50_000)}`;
    for (const name of ["msg", "level", "service", "field"])
      assert.match(toPushedDocument({ service: "wallet" }, {}, `{"${name}":${deep}}`, 1n), /"_msg":"/);
  });
});
