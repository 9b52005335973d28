/** A field of a caught value, which may be anything; undefined if it cannot be read. */
export function readField(value: unknown, name: string): unknown {
  if ((typeof value !== "object" && typeof value !== "function") || value === null) return undefined;
  try {
    return (value as Record<string, unknown>)[name];
  } catch {
    return undefined;
  }
}

/** `instanceof`, which runs code of a proxy. */
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

/** What a person reads of a caught value: never empty. */
export function describeCaught(value: unknown): string {
  const message = typeof value === "string" ? value : readField(value, "message");
  if (typeof message === "string" && message !== "") return message;
  if (isInstance(value, Error)) return `${String(readField(value, "name") ?? "Error")} without a message`;
  return `${typeof value === "object" && value !== null ? "an object" : typeof value} was thrown instead of an error`;
}
