import { UNKNOWN } from "./policy.ts";

/**
 * A plain copy of a policy's input, with {@link UNKNOWN} for values that only `up` knows. In a
 * preview, reading such a value throws, and the SDK then skips the whole policy: one generated name
 * would excuse a whole manifest.
 */
export function replaceUnknowns(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => readOrUnknown(value, index));
  return Object.fromEntries(Object.keys(value).map((key) => [key, readOrUnknown(value, key)]));
}

function readOrUnknown(holder: object, key: string | number): unknown {
  let value: unknown;
  try {
    value = Reflect.get(holder, key);
  } catch (error) {
    // The SDK does not export the class.
    if ((error as Error).constructor.name === "UnknownValueError") return UNKNOWN;
    throw error;
  }
  return replaceUnknowns(value);
}
