const MAX_LENGTH = 120;

/** A value as an error repeats it: in one short line, and without the password of a URL. */
export function formatValue(value: unknown): string {
  const json = JSON.stringify(value)?.replaceAll(/:\/\/[^\s/"@]*@/g, "://…@");
  if (json === undefined) return "missing";
  return json.length > MAX_LENGTH ? `${json.slice(0, MAX_LENGTH)}…` : json;
}
