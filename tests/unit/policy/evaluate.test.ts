import assert from "node:assert/strict";
import { evaluate } from "@plinth/policy/evaluate.ts";
import type { DeclaredResource, Stack } from "@plinth/policy/policy.ts";
import { recordStack, redactSecrets } from "../../../cli/program/record.ts";

/** The whole program of a stack, as the pack would be given it. */
async function declared(stack: string): Promise<DeclaredResource[]> {
  return redactSecrets(await recordStack(stack)).map(({ type, name, inputs, protect }) => ({
    type,
    name,
    props: inputs,
    protect,
  }));
}

describe("the stacks under the policies (PLT-8, SDG-1)", () => {
  const stacks: Record<string, Stack> = {
    dev: { production: false, marksSecrets: true },
    prod: { production: true, marksSecrets: true },
  };
  for (const [stack, facts] of Object.entries(stacks)) {
    it(`${stack} breaks none`, async () => {
      const resources = await declared(stack);
      assert.ok(
        resources.filter(({ type }) => type.startsWith("kubernetes:")).length > 20,
        "too little was recorded to judge",
      );
      assert.deepEqual(evaluate(resources, facts), []);
    });
  }

  it("the policies see the stack: without its default deny it is refused", async () => {
    const open = (await declared("dev")).filter(({ name }) => !name.includes("default-deny"));
    assert.ok(evaluate(open, stacks.dev!).some(({ policy }) => policy === "network-policy"));
  });
});
