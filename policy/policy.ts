/** One resource as a stack declares it. */
export interface DeclaredResource {
  /** Pulumi's type token, such as `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  /**
   * Its inputs: for `kubernetes:` types the manifest. What is not known before `up` is
   * {@link UNKNOWN}.
   */
  props: Record<string, unknown>;
  /** Pulumi's option; absent where it was not recorded. */
  protect?: boolean;
}

/** Stands for a value that only `up` will know. No policy judges it. */
export const UNKNOWN = "[unknown]";

/** Stands for a secret, where resources are recorded. The engine hands a pack the secret itself. */
export const SECRET = "[secret]";

/** The entries of a value that is an object; none of one that is absent or not known. */
export function entries<Value>(value: unknown): [string, Value][] {
  return typeof value === "object" && value !== null ? (Object.entries(value) as [string, Value][]) : [];
}

/** What policies must know of the stack that they judge. */
export interface Stack {
  /** Whether it is held to what only production must have. */
  production: boolean;
  /** Whether secrets are told from plain values, by {@link SECRET}. */
  marksSecrets: boolean;
}

export interface ResourceViolation {
  resource: DeclaredResource;
  /** What is wrong, where, and what to do: one sentence. */
  message: string;
}

interface PolicyInfo {
  /** As an exception names it. */
  name: string;
  /** What it refuses, in a few words. */
  refuses: string;
}

/** Judges each resource by itself, before it is made. */
export interface ResourcePolicy extends PolicyInfo {
  validateResource(resource: DeclaredResource, stack: Stack): string[];
}

/** Judges what holds between resources, once all are known. */
export interface StackPolicy extends PolicyInfo {
  validateStack(resources: readonly DeclaredResource[], stack: Stack): ResourceViolation[];
}

export type Policy = ResourcePolicy | StackPolicy;

/** Everything that `policy` finds in a stack. */
export function findViolations(
  policy: Policy,
  resources: readonly DeclaredResource[],
  stack: Stack,
): ResourceViolation[] {
  if ("validateStack" in policy) return policy.validateStack(resources, stack);
  return resources.flatMap((resource) =>
    policy.validateResource(resource, stack).map((message) => ({ resource, message })),
  );
}
