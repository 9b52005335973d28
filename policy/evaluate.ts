import { exceptionsPolicy, withoutExcused } from "./exceptions.ts";
import { policies } from "./policies/index.ts";
import { type DeclaredResource, findViolations, type Policy, type Stack } from "./policy.ts";

/** Every policy of the pack, that on exceptions included. */
export const policyPack: readonly Policy[] = [...policies, exceptionsPolicy(policies)];

export interface Violation {
  policy: string;
  type: string;
  /** Of the resource. */
  name: string;
  message: string;
}

/** All that the pack refuses in a whole stack, as `pulumi preview` would. */
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
