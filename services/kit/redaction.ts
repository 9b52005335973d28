/** Names of fields that hold a secret, wherever they are logged from; compared without case, dashes and underscores. */
const SECRET =
  /^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?)$/i;
/** Quotes end a URL: whole lines of JSON are searched too. Each begins where few texts do, so that a hostile one costs no more than its length. */
const CREDENTIALS = /(:\/\/[^\s:/@"\\]*):[^\s/?#"\\]+@/g;
const KEYS = /([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+/gi;
const CENSORED = "[redacted]";
/** Deeper than what anybody logs; ends objects and causes that hold themselves. */
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

/** A text in which no URL shows its password or its keys. Messages of drivers can hold the URL that they were given. */
export function withoutPasswords(text: string): string {
  const clean = text.includes("://") ? text.replace(CREDENTIALS, `$1:${CENSORED}@`) : text;
  return clean.includes("=") ? clean.replace(KEYS, `$1${CENSORED}`) : clean;
}

/** The same object when it holds no secret, else a copy without: what is logged belongs to somebody else. */
export function withoutSecrets<T extends object>(fields: T, depth = DEPTH, ofClass = false): T {
  let copy: Record<string, unknown> | undefined;
  for (const name in fields) {
    const value: unknown = fields[name];
    const clean = isSecret(name) ? CENSORED : cleaned(value, depth, ofClass);
    if (clean === value) continue;
    copy ??= (Array.isArray(fields) ? [...fields] : { ...fields }) as Record<string, unknown>;
    copy[name] = clean;
  }
  return (copy as T | undefined) ?? fields;
}

/** @param ofClass whether it is part of an object of some class */
function cleaned(value: unknown, depth: number, ofClass = false): unknown {
  if (typeof value === "string") return withoutPasswords(value);
  if (typeof value !== "object" || value === null) return value;
  if (depth === 0) return "[too deep]";
  if (value instanceof Error) return described(value, depth - 1);
  // Bytes have no names.
  if (ArrayBuffer.isView(value)) return value;
  return isPlain(value) ? withoutSecrets(value, depth - 1, ofClass) : ofAnyClass(value, depth - 1, ofClass);
}

/** As JSON shows it: a URL is its text, an object of a class its fields. Of one within another only the name is told: a socket leads to half of the process. */
function ofAnyClass(value: object, depth: number, within: boolean): unknown {
  try {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return cleaned(Reflect.apply(toJSON, value, []), depth, within);
    return within ? `[${value.constructor.name}]` : withoutSecrets(value, depth, true);
  } catch {
    return "[cannot be read]";
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null || Array.isArray(value)) && !("toJSON" in value);
}

/** What a log shows of an error, its causes included. Fields of drivers are left out: they can hold rows. */
function described(error: Error, depth: number): Record<string, unknown> {
  const { code } = error as { code?: unknown };
  return {
    type: error.name,
    message: withoutPasswords(error.message),
    ...(code === undefined ? {} : { code }),
    ...(error.stack === undefined ? {} : { stack: withoutPasswords(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: cleaned(error.cause, depth) }),
    ...(error instanceof AggregateError ? { errors: cleaned(error.errors, depth) } : {}),
  };
}
