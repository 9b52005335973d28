const MAX_LENGTH = 120;

/** A value as an error repeats it: in one short line, and without the password of a URL. */
export function formatValue(value: unknown): string {
  // JSON has no infinity, which 1e999 becomes.
  const json = typeof value === "number" ? String(value) : JSON.stringify(value);
  return json === undefined ? "missing" : shorten(json);
}

/** A text stands as a person typed it. */
export const formatText = (value: unknown) =>
  typeof value === "string" ? `'${shorten(JSON.stringify(value).slice(1, -1))}'` : formatValue(value);

function shorten(text: string): string {
  const safe = text.replaceAll(/:\/\/[^\s/"@]*@/g, "://…@");
  return safe.length > MAX_LENGTH ? `${safe.slice(0, MAX_LENGTH)}…` : safe;
}
