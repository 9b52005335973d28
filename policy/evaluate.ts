import { exceptionsPolicy, withoutExcused } from "./exceptions.ts";
import { policies } from "./policies/index.ts";
import { type DeclaredResource, findViolations, type Policy, type Stack } from "./policy.ts";

/** Every policy of the pack, including the policy on exceptions. */
export const policyPack: readonly Policy[] = [...policies, exceptionsPolicy(policies)];

export interface Violation {
  policy: string;
  type: string;
  /** Name of the resource. */
  name: string;
  message: string;
}

/** Every violation in a whole stack, as `pulumi preview` would report them. */
export function evaluate(resources: readonly DeclaredResource[], stack: Stack): Violation[] {
  return policyPack.flatMap((policy) =>
    withoutExcused(policy, findViolations(policy, resources, stack)).map(({ resource, message }) => ({
      policy: policy.name,
      type: resource.type,
      name: resource.name,
      message,
    })),
  );
}
