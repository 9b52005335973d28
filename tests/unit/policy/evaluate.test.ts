import assert from "node:assert/strict";
import { evaluate } from "@plinth/policy/evaluate.ts";
import type { DeclaredResource, Stack } from "@plinth/policy/policy.ts";
import { recordStack, redactSecrets } from "../../support/program/record.ts";

/** The resources of a stack, as the engine passes them to the pack. */
async function declared(stack: string): Promise<DeclaredResource[]> {
  return redactSecrets(await recordStack(stack)).map(({ type, name, inputs, protect }) => ({
    type,
    name,
    props: inputs,
    protect,
  }));
}

describe("the stacks of this repository under the policies (PLT-8, SDG-1)", () => {
  const stacks: Record<string, Stack> = {
    dev: { production: false, marksSecrets: true },
    prod: { production: true, marksSecrets: true },
  };
  for (const [stack, facts] of Object.entries(stacks)) {
    it(`${stack} breaks no policy`, async () => {
      const resources = await declared(stack);
      assert.ok(
        resources.filter(({ type }) => type.startsWith("kubernetes:")).length > 20,
        "too few resources were recorded to judge",
      );
      assert.deepEqual(evaluate(resources, facts), []);
    });
  }

  it("a stack without its default deny is refused", async () => {
    const open = (await declared("dev")).filter(({ name }) => !name.includes("default-deny"));
    assert.ok(evaluate(open, stacks.dev!).some(({ policy }) => policy === "network-policy"));
  });
});
