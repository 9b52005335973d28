import { UNKNOWN } from "./policy.ts";

/**
 * A plain copy of what the SDK hands to a policy. In a preview, reading a value that only `up` will
 * know throws, and the SDK then takes the whole policy for not applicable: one generated name would
 * excuse a whole manifest. Here it is {@link UNKNOWN} instead.
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
