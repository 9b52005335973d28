/** Names of fields that hold a secret, wherever they are logged from; compared without case, dashes and underscores. */
const SECRET =
  /^(authorization|proxyauthorization|cookie|setcookie|.*password|passwd|.*passphrase|.*token|.*secret|.*apikey|.*privatekey|credentials?)$/i;
const CREDENTIALS = /([a-z][a-z0-9+.-]*:\/\/[^\s:/@]*):[^\s@/]+@/gi;
const CENSORED = "[redacted]";
/** Deeper than what anybody logs; ends objects that hold themselves. */
const DEPTH = 8;

/** Whether the field's name says that it holds a secret. Names are few, so each is judged once. */
const judged = new Map<string, boolean>();
const JUDGED_MOST = 10_000;

function isSecret(name: string): boolean {
  let secret = judged.get(name);
  if (secret === undefined) {
    secret = SECRET.test(name.replace(/[-_]/g, ""));
    if (judged.size < JUDGED_MOST) judged.set(name, secret);
  }
  return secret;
}

/** A text in which no URL shows its password. Messages of drivers can hold the URL that they were given. */
export function withoutPasswords(text: string): string {
  return text.includes("://") ? text.replace(CREDENTIALS, `$1:${CENSORED}@`) : text;
}

/** The same object when it holds no secret, else a copy without: what is logged belongs to somebody else. */
export function withoutSecrets<T extends object>(fields: T, depth = DEPTH): T {
  let copy: Record<string, unknown> | undefined;
  for (const name in fields) {
    const value: unknown = fields[name];
    const clean = isSecret(name) ? CENSORED : cleaned(value, depth);
    if (clean === value) continue;
    copy ??= (Array.isArray(fields) ? [...fields] : { ...fields }) as Record<string, unknown>;
    copy[name] = clean;
  }
  return (copy as T | undefined) ?? fields;
}

function cleaned(value: unknown, depth: number): unknown {
  if (typeof value === "string") return withoutPasswords(value);
  // An error has a serializer of its own; a buffer, a map or a date has no named fields.
  if (typeof value !== "object" || value === null || value instanceof Error || !isPlain(value)) return value;
  return depth === 0 ? "[too deep]" : withoutSecrets(value, depth - 1);
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null || Array.isArray(value);
}
