import { PolicyPack, type ResourceValidation, type ResourceValidationPolicy, type StackValidationPolicy } from "@pulumi/policy";
import { getStack } from "@pulumi/pulumi";
import { unexcused } from "./exceptions.ts";
import { pack } from "./judge.ts";
import { known } from "./known.ts";
import type { Declared, Policy, ResourcePolicy, Stack, StackPolicy } from "./policy.ts";

/** `pulumi preview --policy-pack policy`: the pack as the engine asks it. A stack with another name than these two is held to production's rules. */
const stack: Stack = { production: !["local", "dev"].includes(getStack()), marksSecrets: false };

new PolicyPack("plinth", { enforcementLevel: "mandatory", policies: pack.map(served) });

function served(policy: Policy): ResourceValidationPolicy | StackValidationPolicy {
  const { name, refuses } = policy;
  const described = { name, description: `Refuses ${refuses}.` };
  return "survey" in policy ? { ...described, validateStack: overStack(policy) } : { ...described, validateResource: overResource(policy) };
}

function overResource(policy: ResourcePolicy): ResourceValidation {
  return (args, report) => {
    const resource = declared(args);
    const faults = policy.inspect(resource, stack).map((message) => ({ resource, message }));
    for (const { message } of unexcused(policy, faults)) report(message);
  };
}

function overStack(policy: StackPolicy): StackValidationPolicy["validateStack"] {
  return ({ resources }, report) => {
    const urns = new Map(resources.map((resource) => [declared(resource), resource.urn]));
    for (const { resource, message } of unexcused(policy, policy.survey([...urns.keys()], stack))) report(message, urns.get(resource));
  };
}

function declared({
  type,
  name,
  props,
  opts,
}: {
  type: string;
  name: string;
  props: Record<string, unknown>;
  opts: { protect: boolean };
}): Declared {
  return { type, name, props: known(props) as Record<string, unknown>, protect: opts.protect };
}
