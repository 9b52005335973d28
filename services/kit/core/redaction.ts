/**
 * Names of fields that hold a secret, compared without case, dashes and underscores.
 */
const SECRET_NAME =
  /^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?)$/i;
/**
 * Quotes end a URL, because whole lines of JSON are searched too. Both patterns start at characters
 * that few texts have, so that a hostile text costs no more than its length.
 */
const URL_CREDENTIALS = /(:\/\/[^\s:/@"\\]*):[^\s/?#"\\]+@/g;
const URL_KEYS = /([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+/gi;
const REDACTED = "[redacted]";
/** Deeper than any log field. Also ends objects and causes that contain themselves. */
const MAX_DEPTH = 8;

/** Whether a field of that name holds a secret. Names are few, so each is judged once. */
const secretNames = new Map<string, boolean>();
const MAX_CACHED_NAMES = 10_000;

function isSecretName(name: string): boolean {
  let secret = secretNames.get(name);
  if (secret === undefined) {
    secret = SECRET_NAME.test(name.replace(/[-_]/g, ""));
    if (secretNames.size < MAX_CACHED_NAMES) secretNames.set(name, secret);
  }
  return secret;
}

/**
 * The text without passwords and keys of URLs. Messages of drivers may repeat the URL of their
 * connection.
 */
export function redactUrls(text: string): string {
  const clean = text.includes("://") ? text.replace(URL_CREDENTIALS, `$1:${REDACTED}@`) : text;
  return clean.includes("=") ? clean.replace(URL_KEYS, `$1${REDACTED}`) : clean;
}

/**
 * Returns the same object if it holds no secret, otherwise a copy without: the object belongs to
 * the code that logs it.
 */
export function redactSecrets<T extends object>(fields: T, depth = MAX_DEPTH, ofClass = false): T {
  let copy: Record<string, unknown> | undefined;
  for (const name in fields) {
    const value: unknown = fields[name];
    const clean = isSecretName(name) ? REDACTED : redactValue(value, depth, ofClass);
    if (clean === value) continue;
    copy ??= (Array.isArray(fields) ? [...fields] : { ...fields }) as Record<string, unknown>;
    copy[name] = clean;
  }
  return (copy as T | undefined) ?? fields;
}

/** @param ofClass whether the value is part of a class instance */
function redactValue(value: unknown, depth: number, ofClass = false): unknown {
  if (typeof value === "string") return redactUrls(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "[too deep]";
  if (value instanceof Error) return describeError(value, depth - 1);
  // Bytes have no names.
  if (ArrayBuffer.isView(value)) return value;
  return isPlainObject(value) ? redactSecrets(value, depth - 1, ofClass) : redactInstance(value, depth - 1, ofClass);
}

/**
 * Shows an instance as JSON does: a URL as its text, others as their fields. An instance within
 * another is only named, because a socket refers to half of the process.
 */
function redactInstance(value: object, depth: number, within: boolean): unknown {
  try {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return redactValue(Reflect.apply(toJSON, value, []), depth, within);
    return within ? `[${value.constructor.name}]` : redactSecrets(value, depth, true);
  } catch {
    return "[cannot be read]";
  }
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null || Array.isArray(value)) && !("toJSON" in value);
}

/**
 * The fields of an error and its causes in a log. Fields that drivers add are left out, because
 * they may hold rows.
 */
function describeError(error: Error, depth: number): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: redactUrls(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: redactUrls(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth) }),
    ...(error instanceof AggregateError ? { errors: redactValue(error.errors, depth) } : {}),
  };
}
