/** One resource as a stack declares it. */
export interface DeclaredResource {
  /** Pulumi's type token, such as `kubernetes:apps/v1:Deployment`. */
  type: string;
  name: string;
  /** Its inputs: for `kubernetes:` types the manifest. {@link UNKNOWN} until `up` knows a value. */
  props: Record<string, unknown>;
  /** Pulumi's option; absent where it was not recorded. */
  protect?: boolean;
}

/** Stands for a value that only `up` knows. No policy judges it. */
export const UNKNOWN = "[unknown]";

/** Stands for a secret in recorded resources. The engine passes a pack the secret itself. */
export const SECRET = "[secret]";

/** The entries of an object; none of a value that is absent or unknown. */
export function entries<Value>(value: unknown): [string, Value][] {
  return typeof value === "object" && value !== null ? (Object.entries(value) as [string, Value][]) : [];
}

/** Facts of the judged stack. */
export interface Stack {
  /** Whether production's rules hold. */
  production: boolean;
  /** Whether {@link SECRET} marks the secrets among plain values. */
  marksSecrets: boolean;
}

export interface ResourceViolation {
  resource: DeclaredResource;
  /** One sentence: what is wrong, where, and what to do. */
  message: string;
}

interface PolicyInfo {
  /** Exceptions name a policy by it. */
  name: string;
  /** What it refuses, in a few words. */
  refuses: string;
}

/** Judges each resource by itself, before the engine creates it. */
export interface ResourcePolicy extends PolicyInfo {
  validateResource(resource: DeclaredResource, stack: Stack): string[];
}

/** Judges relations between resources, once all are known. */
export interface StackPolicy extends PolicyInfo {
  validateStack(resources: readonly DeclaredResource[], stack: Stack): ResourceViolation[];
}

export type Policy = ResourcePolicy | StackPolicy;

/** Every violation of `policy` in a stack. */
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
