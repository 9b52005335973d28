import assert from "node:assert/strict";
import { hostList, integer, oneOf, optional, originList, ratio, readEnv, text, url } from "@plinth/kit/core/env.ts";
import * as Type from "typebox";

const read = (rule: Type.TSchema, value?: string) => readEnv({ X: rule }, { X: value }).X;
const readDefault = (rule: Type.TSchema) => read(rule, "");

describe("a variable's rule", () => {
  for (const [rule, value, expected] of [
    [integer(0, 10), "010", 10],
    [integer(1, Number.MAX_SAFE_INTEGER), "9007199254740991", Number.MAX_SAFE_INTEGER],
    [ratio(), ".5", 0.5],
    [ratio(), "1", 1],
    [url("redis"), "REDIS://host", "REDIS://host"],
    [hostList(), "a:1 , b:2", ["a:1", "b:2"]],
    [originList(), "https://shop.example,, *,", ["https://shop.example", "*"]],
    [oneOf(["on", "off"]), "off", "off"],
    [text(), " a b ", " a b "],
  ] as const)
    it(`admits ${value} as ${JSON.stringify(expected)}`, () => assert.deepEqual(read(rule, value), expected));

  for (const [rule, value, words] of [
    [integer(0, 10), "11", "must be a whole number from 0 to 10"],
    [integer(0, 10), "-1", "must be a whole number from 0 to 10"],
    [integer(0, 10), "1e0", "must be a whole number from 0 to 10"],
    [integer(1, Number.MAX_SAFE_INTEGER), "9007199254740993", "must be a whole number from 1 to 9007199254740991"],
    [ratio(), "1.01", "must be a number from 0 to 1"],
    [ratio(), "half", "must be a number from 0 to 1"],
    [url("redis", "rediss"), "host:6379", "must be a URL that begins with redis:// or rediss://"],
    [hostList(), "a:1,", "must be host:port, separated by commas"],
    [originList(), "https://shop.example/", "must be origins such as https://shop.example, separated by commas, or *"],
    [oneOf(["on", "off"]), "On", "must be one of on, off"],
    [text(), "", "is missing"],
  ] as const)
    it(`refuses '${value}': it ${words}`, () =>
      assert.throws(() => read(rule, value), { message: `The environment is not complete:\n  X ${words}` }));

  it("gives its default for a missing or empty variable", () => {
    assert.deepEqual([readDefault(text("")), readDefault(integer(0, 9, 4)), readDefault(originList())], ["", 4, []]);
    assert.throws(() => readDefault(integer(0, 9, 10)), /X must be a whole number from 0 to 9/);
  });

  it("leaves an optional variable undefined, and still checks a given one", () => {
    assert.deepEqual(readEnv({ X: optional(ratio()) }, {}), {});
    assert.throws(() => read(optional(ratio()), "2"), /X must be a number from 0 to 1/);
  });

  it("fails on a keyword that it does not check, so that none is passed over", () =>
    assert.throws(() => read(Type.String({ minLength: 3 }), "a"), /keyword 'minLength', which has no check/));
});
