import { metadataOf } from "./manifest.ts";
import {
  type DeclaredResource,
  findViolations,
  type Policy,
  type ResourceViolation,
  type Stack,
  type StackPolicy,
} from "./policy.ts";

/**
 * The annotation by which a manifest names the policies that it may break, each with a reason:
 * `images: built on this machine; exposure: the gateway itself`.
 */
export const ANNOTATION = "plinth.dev/policy-exception";

/** A shorter reason explains nothing. */
const MIN_REASON_LENGTH = 10;

export interface PolicyException {
  policy: string;
  reason: string;
}

/** The exceptions in a resource's annotation, which semicolons or line ends separate. */
export function exceptionsOf(resource: DeclaredResource): PolicyException[] {
  const text = metadataOf(resource).annotations?.[ANNOTATION] ?? "";
  return text
    .split(/[;\n]/)
    .map((part) => part.trim())
    .filter(Boolean)
    .map((part) => {
      const [policy = "", ...reason] = part.split(":");
      return { policy: policy.trim(), reason: reason.join(":").trim() };
    });
}

/** The violations that no exception excuses. */
export function withoutExcused(policy: Policy, violations: ResourceViolation[]): ResourceViolation[] {
  return violations.filter(
    ({ resource }) =>
      !exceptionsOf(resource).some((exception) => exception.policy === policy.name && hasReason(exception)),
  );
}

/** Each exception must name a policy, give a reason, and excuse a violation. */
export function exceptionsPolicy(policies: readonly Policy[]): StackPolicy {
  return {
    name: "exceptions",
    refuses: "exceptions that name no policy, give no reason, or excuse nothing",
    validateStack(resources, stack) {
      return resources.flatMap((resource) =>
        exceptionsOf(resource).flatMap((exception) => {
          const policy = policies.find(({ name }) => name === exception.policy);
          const message =
            policy === undefined
              ? unknownPolicyMessage(exception, policies)
              : exceptionProblem(exception, policy, resource, resources, stack);
          return message === undefined ? [] : [{ resource, message }];
        }),
      );
    },
  };
}

function hasReason({ reason }: PolicyException): boolean {
  return reason.length >= MIN_REASON_LENGTH;
}

function unknownPolicyMessage({ policy }: PolicyException, policies: readonly Policy[]): string {
  return `its exception names the policy '${policy}', but there are only ${policies.map(({ name }) => name).join(", ")}`;
}

function exceptionProblem(
  exception: PolicyException,
  policy: Policy,
  resource: DeclaredResource,
  resources: readonly DeclaredResource[],
  stack: Stack,
): string | undefined {
  if (!hasReason(exception))
    return `its exception from '${policy.name}' gives no reason; write it as '${policy.name}: why'`;
  if (findViolations(policy, resources, stack).some((violation) => violation.resource === resource)) return undefined;
  return `its exception from '${policy.name}' excuses nothing; remove it`;
}
