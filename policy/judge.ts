import { judgeExceptions, unexcused } from "./exceptions.ts";
import { policies } from "./policies/index.ts";
import { type Declared, find, type Policy, type Stack } from "./policy.ts";

/** Every policy of the pack, that on exceptions included. */
export const pack: readonly Policy[] = [...policies, judgeExceptions(policies)];

export interface Violation {
  policy: string;
  type: string;
  /** Of the resource. */
  name: string;
  message: string;
}

/** All that the pack refuses in a whole stack, as `pulumi preview` would. */
export function judge(resources: readonly Declared[], stack: Stack): Violation[] {
  return pack.flatMap((policy) =>
    unexcused(policy, find(policy, resources, stack)).map(({ resource, message }) => ({
      policy: policy.name,
      type: resource.type,
      name: resource.name,
      message,
    })),
  );
}
