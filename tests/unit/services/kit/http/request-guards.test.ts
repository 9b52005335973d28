import assert from "node:assert/strict";
import { ServiceError } from "@plinth/kit/core/errors.ts";
import { assertStorableBody, assertStorablePath } from "@plinth/kit/http/request-guards.ts";

describe("request guards", () => {
  const refused: [string, string, string][] = [
    ["NUL", '{"a":"x\\u0000y"}', "body/a"],
    ["the first half of a pair", '{"a":{"b":["ok","\\ud83d"]}}', "body/a/b/1"],
    ["the second half of a pair", '{"a":"\\uDE00"}', "body/a"],
    ["halves in the wrong order", '{"a":"\\ude00\\ud83d"}', "body/a"],
    ["NUL in a name", '{"a":{"\\u0000":1}}', "body/a"],
    ["a text alone", '"\\u0000"', "body"],
    [
      "NUL below more than a call stack holds",
      `${'{"a":'.repeat(30_000)}"\\u0000"${"}".repeat(30_000)}`,
      `body${"/a".repeat(30_000)}`,
    ],
  ];
  for (const [what, json, path] of refused) {
    it(`refuses ${what} and names the field (SHOP-7)`, () => {
      assert.throws(
        () => assertStorableBody(json, JSON.parse(json)),
        (error) =>
          error instanceof ServiceError && error.code === "invalid_request" && error.details?.[0]?.path === path,
      );
    });
  }

  for (const json of [
    '{"a":"\\ud83d\\ude00 \\u00e9"}',
    '{"a":"\\\\u0000"}',
    '{"a":"😀 שלום \\u202e \\uffff"}',
    "7",
    "null",
  ]) {
    it(`accepts ${json}`, () => assertStorableBody(json, JSON.parse(json)));
  }

  it("refuses NUL in a path or its query, and accepts an escaped percent sign", () => {
    assert.throws(() => assertStorablePath("/users?name=a%00b"), ServiceError);
    assertStorablePath("/users?name=a%2500b");
  });
});
