import assert from "node:assert/strict";
import { isValid } from "@plinth/local/validation/check.ts";
import { serviceName } from "../../../../components/service/name.ts";
import { kindOf, recordProgram } from "../../../support/program/recorded-program.ts";
import { services } from "../../../support/program/services.ts";

/** Kinds whose objects a service names after itself. */
const SERVICE_KINDS = /^(Process|Deployment|StatefulSet|Service|Secret|Gateway|HTTPRoute|PodDisruptionBudget)$/;

describe("a service's name (SDG-8)", () => {
  for (const stack of ["local", "dev", "prod"])
    it(`is not a platform object's in ${stack}`, async () => {
      const { all } = await recordProgram(stack);
      const platform = all.filter(
        ({ name }) => !services.some((service) => name === service || name.startsWith(`${service}-`)),
      );
      const components = platform
        .filter(({ type, parent }) => type.startsWith("plinth:") && parent === undefined)
        .map(({ name }) => name);
      const objects = platform
        .filter((resource) => SERVICE_KINDS.test(kindOf(resource)))
        .map(({ inputs }) => String(inputs.process ?? (inputs.metadata as { name: string }).name));
      assert.ok(objects.length >= 4 && components.length >= 5, "the platform's resources are recorded");
      for (const name of [...components, ...objects])
        assert.ok(!isValid(serviceName(), name), `a service could be called ${name}`);
    });

  it("may be any other name", () => {
    for (const name of ["orders", "s3", "x", "redisearch", "public-api"]) assert.ok(isValid(serviceName(), name), name);
  });
});
