import { metadataOf } from "./manifest.ts";
import { type Declared, type Fault, find, type Policy, type Stack, type StackPolicy } from "./policy.ts";

/** Where a manifest says which policies it may break, and why: `images: built on this machine; exposure: the gateway itself`. */
export const ANNOTATION = "plinth.dev/policy-exception";

/** Shorter than this explains nothing. */
const SHORTEST_REASON = 10;

export interface Exception {
  policy: string;
  reason: string;
}

/** What the annotation of a resource says; semicolons and line ends part exceptions. */
export function exceptionsOf(resource: Declared): Exception[] {
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
export function unexcused(policy: Policy, faults: Fault[]): Fault[] {
  return faults.filter(
    ({ resource }) => !exceptionsOf(resource).some((exception) => exception.policy === policy.name && explains(exception)),
  );
}

/** Exceptions are judged too: each names a policy, says why, and excuses something. */
export function judgeExceptions(policies: readonly Policy[]): StackPolicy {
  return {
    name: "exceptions",
    refuses: "exceptions that name no policy, give no reason, or excuse nothing",
    survey(resources, stack) {
      return resources.flatMap((resource) =>
        exceptionsOf(resource).flatMap((exception) => {
          const policy = policies.find(({ name }) => name === exception.policy);
          const message = policy === undefined ? unknown(exception, policies) : weakness(exception, policy, resource, resources, stack);
          return message === undefined ? [] : [{ resource, message }];
        }),
      );
    },
  };
}

function explains({ reason }: Exception): boolean {
  return reason.length >= SHORTEST_REASON;
}

function unknown({ policy }: Exception, policies: readonly Policy[]): string {
  return `its exception names the policy '${policy}', but there are only ${policies.map(({ name }) => name).join(", ")}`;
}

function weakness(
  exception: Exception,
  policy: Policy,
  resource: Declared,
  resources: readonly Declared[],
  stack: Stack,
): string | undefined {
  if (!explains(exception)) return `its exception from '${policy.name}' gives no reason; write it as '${policy.name}: why'`;
  if (find(policy, resources, stack).some((fault) => fault.resource === resource)) return undefined;
  return `its exception from '${policy.name}' excuses nothing; remove it`;
}
