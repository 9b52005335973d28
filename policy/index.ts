import {
  PolicyPack,
  type ResourceValidation,
  type ResourceValidationPolicy,
  type StackValidationPolicy,
} from "@pulumi/policy";
import { getStack } from "@pulumi/pulumi";
import { policyPack } from "./evaluate.ts";
import { withoutExcused } from "./exceptions.ts";
import type { DeclaredResource, Policy, ResourcePolicy, Stack, StackPolicy } from "./policy.ts";
import { replaceUnknowns } from "./unknown-values.ts";

/**
 * The pack behind `pulumi preview --policy-pack policy`. Production's rules hold for every stack
 * but these two.
 */
const stack: Stack = { production: !["local", "dev"].includes(getStack()), marksSecrets: false };

new PolicyPack("plinth", { enforcementLevel: "mandatory", policies: policyPack.map(toSdkPolicy) });

function toSdkPolicy(policy: Policy): ResourceValidationPolicy | StackValidationPolicy {
  const { name, refuses } = policy;
  const described = { name, description: `Refuses ${refuses}.` };
  return "validateStack" in policy
    ? { ...described, validateStack: stackValidation(policy) }
    : { ...described, validateResource: resourceValidation(policy) };
}

function resourceValidation(policy: ResourcePolicy): ResourceValidation {
  return (args, report) => {
    const resource = toDeclaredResource(args);
    const violations = policy.validateResource(resource, stack).map((message) => ({ resource, message }));
    for (const { message } of withoutExcused(policy, violations)) report(message);
  };
}

function stackValidation(policy: StackPolicy): StackValidationPolicy["validateStack"] {
  return ({ resources }, report) => {
    const urns = new Map(resources.map((resource) => [toDeclaredResource(resource), resource.urn]));
    for (const { resource, message } of withoutExcused(policy, policy.validateStack([...urns.keys()], stack)))
      report(message, urns.get(resource));
  };
}

function toDeclaredResource({
  type,
  name,
  props,
  opts,
}: {
  type: string;
  name: string;
  props: Record<string, unknown>;
  opts: { protect: boolean };
}): DeclaredResource {
  return { type, name, props: replaceUnknowns(props) as Record<string, unknown>, protect: opts.protect };
}
