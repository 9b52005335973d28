import assert from "node:assert/strict";
import { findMistakes } from "@plinth/local/validation/check.ts";
import { defaulted, withDefaults } from "@plinth/local/validation/defaults.ts";
import { hostName, httpUrl, object, optional, wholeNumber } from "@plinth/local/validation/rules.ts";

const rule = object({
  workers: defaulted(wholeNumber(1, 9), { default: 1, production: 3 }),
  services: defaulted(object({ min: defaulted(wholeNumber(1, 9), { default: 2 }) }), { default: {} }),
  external: optional(object({ host: hostName(), port: defaulted(wholeNumber(1, 9), { default: 5 }) })),
});

describe("the defaults of a rule", () => {
  it("fill what was left out, in nested objects too", () => {
    assert.deepEqual(withDefaults(rule, {}, "development"), { workers: 1, services: { min: 2 } });
    assert.deepEqual(withDefaults(rule, { external: { host: "a" } }, "development").external, { host: "a", port: 5 });
  });

  it("differ by profile where the rule says so", () => {
    const { workers, services } = withDefaults(rule, {}, "production");
    assert.deepEqual([workers, services.min], [3, 2]);
  });

  it("give way to what was given, and do not change it", () => {
    const given = Object.freeze({ workers: 2 });
    assert.equal(withDefaults(rule, given, "production").workers, 2);
  });

  it("keep the checks of the rule", () => {
    const withUrl = object({ url: defaulted(httpUrl(), { default: "http://localhost" }) });
    assert.equal(findMistakes(withUrl, { url: "http://" }, { where: "x" }).length, 1);
  });
});
