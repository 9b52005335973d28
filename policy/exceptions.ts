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
 * Where a manifest says which policies it may break, and why:
 * `images: built on this machine; exposure: the gateway itself`.
 */
export const ANNOTATION = "plinth.dev/policy-exception";

/** Shorter than this explains nothing. */
const MIN_REASON_LENGTH = 10;

export interface PolicyException {
  policy: string;
  reason: string;
}

/** What the annotation of a resource says; semicolons and line ends part exceptions. */
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

/** The faults that no exception excuses. */
export function withoutExcused(policy: Policy, faults: ResourceViolation[]): ResourceViolation[] {
  return faults.filter(
    ({ resource }) =>
      !exceptionsOf(resource).some((exception) => exception.policy === policy.name && hasReason(exception)),
  );
}

/** Exceptions are judged too: each names a policy, says why, and excuses something. */
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
  if (findViolations(policy, resources, stack).some((fault) => fault.resource === resource)) return undefined;
  return `its exception from '${policy.name}' excuses nothing; remove it`;
}
