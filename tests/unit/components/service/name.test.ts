import assert from "node:assert/strict";
import { isValid } from "@plinth/local/validation/check.ts";
import { serviceName } from "../../../../components/service/name.ts";
import { kindOf, recordProgram } from "../../../support/program/recorded-program.ts";
import { services } from "../../../support/program/services.ts";

/**
 * Kinds whose names in the stack are those of a service's own, too: the process, its component,
 * what clients and pods are found by.
 */
const SHARED = /^(Process|Deployment|StatefulSet|Service|Secret|Gateway|HTTPRoute|PodDisruptionBudget)$/;

describe("a service's name (SDG-8)", () => {
  for (const stack of ["local", "dev", "prod"])
    it(`is none that a part of ${stack} has`, async () => {
      const { all } = await recordProgram(stack);
      const own = all.filter(
        ({ name }) => !services.some((service) => name === service || name.startsWith(`${service}-`)),
      );
      const components = own
        .filter(({ type, parent }) => type.startsWith("plinth:") && parent === undefined)
        .map(({ name }) => name);
      const parts = own
        .filter((resource) => SHARED.test(kindOf(resource)))
        .map(({ inputs }) => String(inputs.process ?? (inputs.metadata as { name: string }).name));
      assert.ok(parts.length >= 4 && components.length >= 5, "the platform's parts are found");
      for (const name of [...components, ...parts])
        assert.ok(!isValid(serviceName(), name), `a service could be called ${name}`);
    });

  it("may be any other", () => {
    for (const name of ["orders", "s3", "x", "redisearch", "public-api"]) assert.ok(isValid(serviceName(), name), name);
  });
});
