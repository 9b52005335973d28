import assert from "node:assert/strict";
import { ServiceError } from "@plinth/kit/core/errors.ts";
import { assertExactJson } from "@plinth/kit/core/exact-json.ts";

const check = (json: string) => assertExactJson(json, JSON.parse(json));

describe("JSON that is kept as it was sent", () => {
  for (const json of [
    "null",
    "1",
    '"1e400"',
    '{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}',
    String.raw`{"text":"a \"quoted\": 0.99999999999999999, {\"a\":1,\"a\":2}","back\\":"\\","n":1}`,
    '{"a": [1, -2.5, 1e3, 9007199254740991, 0.1], "b" : -0}',
    `${"[".repeat(20_000)}${"]".repeat(20_000)}`,
  ])
    it(`is ${json.slice(0, 60)}`, () => check(json));

  const refused: [json: string, path: string, message: RegExp][] = [
    ['{"amount_cents":0.99999999999999999}', "body/amount_cents", /digits/],
    ['{"a":{"b":[1,{"c":10000000000.0000000001}]}}', "body/a/b/1/c", /digits/],
    ["[1, 1e400]", "body/1", /digits/],
    ["9007199254740993", "body", /digits/],
    ['{"a":1,"b":2,"a":1}', "body/a", /twice/],
    [String.raw`{"a":1,"\u0061":2}`, "body/a", /twice/],
    ['{"a":{"b":1,"b":2}}', "body/a/b", /twice/],
    [String.raw`[{"x":"\\"},{"y":"\"","y":1}]`, "body/1/y", /twice/],
    ['{"":1,"":2}', "body/", /twice/],
    ['{"1":1,"1":2}', "body/1", /twice/],
  ];
  for (const [json, path, message] of refused)
    it(`is not ${json}`, () =>
      assert.throws(
        () => check(json),
        (error) =>
          error instanceof ServiceError &&
          error.code === "invalid_request" &&
          error.details?.[0]?.path === path &&
          message.test(error.message),
      ));

  it("costs less than three microseconds for a usual body", () => {
    const json = JSON.stringify({
      account_id: "5f0c9c1e-8a53-4f0a-9d5c-1b7f0d9d4a11",
      amount_cents: 1250,
      selection: "home",
    });
    const value = JSON.parse(json);
    for (let index = 0; index < 20_000; index++) assertExactJson(json, value);
    const best = Math.min(
      ...Array.from({ length: 20 }, () => {
        const startedAt = performance.now();
        for (let index = 0; index < 1000; index++) assertExactJson(json, value);
        return performance.now() - startedAt;
      }),
    );
    assert.ok(best < 3, `${best} µs`);
  });
});
