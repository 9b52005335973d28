/**
 * Names of fields that hold a secret, wherever they are logged from; compared without case, dashes
 * and underscores.
 */
const SECRET_NAME =
  /^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?)$/i;
/**
 * Quotes end a URL: whole lines of JSON are searched too. Each begins where few texts do, so that a
 * hostile one costs no more than its length.
 */
const URL_CREDENTIALS = /(:\/\/[^\s:/@"\\]*):[^\s/?#"\\]+@/g;
const URL_KEYS = /([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+/gi;
const REDACTED = "[redacted]";
/** Deeper than what anybody logs; ends objects and causes that hold themselves. */
const MAX_DEPTH = 8;

/** Whether the field's name says that it holds a secret. Names are few, so each is judged once. */
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
 * A text in which no URL shows its password or its keys. Messages of drivers can hold the URL that
 * they were given.
 */
export function redactUrls(text: string): string {
  const clean = text.includes("://") ? text.replace(URL_CREDENTIALS, `$1:${REDACTED}@`) : text;
  return clean.includes("=") ? clean.replace(URL_KEYS, `$1${REDACTED}`) : clean;
}

/**
 * The same object when it holds no secret, else a copy without: what is logged belongs to somebody
 * else.
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

/** @param ofClass whether it is part of an object of some class */
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
 * As JSON shows it: a URL is its text, an object of a class its fields. Of one within another only
 * the name is told: a socket leads to half of the process.
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
 * What a log shows of an error, its causes included. Fields of drivers are left out: they can hold
 * rows.
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
