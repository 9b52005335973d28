import { isDeepStrictEqual } from "node:util";
import * as rpc from "@pulumi/pulumi/runtime/rpc.js";
import type { CheckFailure } from "../../dynamic-resource.ts";

/** True for a value that is not known before `up`, which checks pass by. */
export const isUnknown = (value: unknown): boolean => value === undefined || value === rpc.unknownValue;

/** True if any value inside is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isUnknown(value);
  return Object.values(value).some(hasUnknown);
}

/** The value without what is not known yet, at any depth. */
export function withoutUnknown(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return value.filter((item) => !isUnknown(item)).map(withoutUnknown);
  const known = Object.entries(value).filter(([, field]) => !isUnknown(field));
  return Object.fromEntries(known.map(([key, field]) => [key, withoutUnknown(field)]));
}

/** True if any of the keys has another value. */
export function hasChanged<Inputs>(olds: Inputs, news: Inputs, keys: readonly (keyof Inputs)[]): boolean {
  return keys.some((key) => !isDeepStrictEqual(olds[key], news[key]));
}

/**
 * Mistakes for `check` to return. They name no property: the engine would print its value next to
 * the reason, even of a secret.
 */
export function toCheckFailures(reasons: readonly string[]): CheckFailure[] {
  return reasons.map((reason) => ({ property: "", reason }));
}
