/**
 * Anything can be thrown: a text, nothing, an object whose fields throw when they are read. Code
 * that handles failures reads caught values by these functions, which never throw.
 */

/** A field of the value; undefined if it has none, or if it cannot be read. */
export function readField(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** As {@link readField}, for a field that must be a text. */
export function readText(value: unknown, name: string): string | undefined {
  const field = readField(value, name);
  return typeof field === "string" ? field : undefined;
}

/** `instanceof`, which runs code of a proxy and of a class that defines it. */
export function isInstance<Class extends abstract new (...args: never[]) => unknown>(
  value: unknown,
  type: Class,
): value is InstanceType<Class> {
  try {
    return value instanceof type;
  } catch {
    return false;
  }
}

/** What a person reads of it: never empty. */
export function describeCaught(value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  const message = readText(value, "message");
  if (message) return message;
  if (isInstance(value, Error)) return `${readText(value, "name") || "Error"} without a message`;
  const what = typeof value === "object" && value !== null ? "an object without a message" : quote(value);
  return `${what} was thrown instead of an error`;
}

/** The value if it is an error, otherwise an error that stands for it. */
export function toError(value: unknown): Error {
  return isInstance(value, Error) ? value : new Error(describeCaught(value), { cause: value });
}

function quote(value: unknown): string {
  if (value === "") return "an empty text";
  return typeof value === "function" ? "a function" : String(value);
}
