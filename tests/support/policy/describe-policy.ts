import assert from "node:assert/strict";
import { type DeclaredResource, findViolations, type Policy, type Stack } from "@plinth/policy/policy.ts";
import { compliantStack } from "./compliant-stack.ts";

export const production: Stack = { production: true, marksSecrets: true };
export const development: Stack = { production: false, marksSecrets: true };

interface PolicyCases {
  /** Stacks that break the policy, with the words of the violation. */
  catches: [what: string, resources: DeclaredResource[], message: RegExp][];
  /** Stacks besides the compliant one that keep it. @default in production */
  passes?: [what: string, resources: DeclaredResource[], stack?: Stack][];
}

/** The tests of one policy. */
export function describePolicy(policy: Policy, { catches, passes = [] }: PolicyCases): void {
  const messages = (resources: DeclaredResource[], stack = production) =>
    findViolations(policy, resources, stack).map(({ message }) => message);

  describe(`the policy '${policy.name}' (PLT-8, SHOP-7)`, () => {
    for (const [what, resources, message] of catches)
      it(`catches ${what}`, () => assert.match(messages(resources).join("\n"), message));
    for (const [what, resources, stack] of passes)
      it(`lets ${what} pass`, () => assert.deepEqual(messages(resources, stack), []));
    it("lets a compliant stack pass", () => assert.deepEqual(messages(compliantStack()), []));
  });
}
