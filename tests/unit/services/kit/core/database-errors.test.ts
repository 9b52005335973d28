import assert from "node:assert/strict";
import { classifyDatabaseError } from "@plinth/kit/core/database-errors.ts";
import { kitError } from "@plinth/kit/core/errors.ts";

describe("the class of a database error", () => {
  const cases: [string, string | undefined][] = [
    ["23505", "constraint"],
    ["22012", "data"],
    ["40P01", "conflict"],
    ["40001", "conflict"],
    ["42P01", "statement"],
    ["42501", "permission"],
    ["55P03", "timeout"],
    ["57014", "timeout"],
    ["57P01", "unavailable"],
    ["53300", "unavailable"],
    ["ECONNREFUSED", "unavailable"],
    ["25006", "unavailable"],
    ["25001", "other"],
    ["ERR_ASSERTION", undefined],
  ];
  for (const [code, expected] of cases) {
    it(`of ${code} is ${expected ?? "undefined"}`, () => {
      const error = Object.assign(new Error("failed"), { code });
      assert.equal(classifyDatabaseError(error), expected);
      if (expected)
        assert.equal(classifyDatabaseError(kitError("unavailable", "Try again.", { cause: error })), expected);
    });
  }
});
