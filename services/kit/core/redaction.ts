import { redactMessage, redactText } from "./redacted-text.ts";

/**
 * Names of fields that hold a secret or a personal datum, compared without case, dashes and
 * underscores.
 */
const SECRET_NAME =
  /^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?|.*emails?|.*emailaddress|.*phonenumber|.*phone|iban|.*cardnumber|cvv|cvc|ssn)$/i;
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
 * Returns the same object if it holds no secret, otherwise a copy without: the object belongs to
 * the code that logs it.
 */
export function redactSecrets<T extends object>(fields: T, depth = MAX_DEPTH, ofClass = false): T {
  let copy: Record<string, unknown> | undefined;
  for (const name in fields) {
    const value: unknown = fields[name];
    const clean = isSecretName(name) ? REDACTED : redactValue(value, depth, ofClass);
    const cleanName = redactName(name);
    if (clean === value && cleanName === name) continue;
    copy ??= (Array.isArray(fields) ? [...fields] : { ...fields }) as Record<string, unknown>;
    if (cleanName !== name) delete copy[name];
    copy[cleanName] = clean;
  }
  return (copy as T | undefined) ?? fields;
}

/** A map by e-mail address has the addresses as names. */
function redactName(name: string): string {
  return name.includes("@") ? redactText(name) : name;
}

/** @param ofClass whether the value is part of a class instance */
function redactValue(value: unknown, depth: number, ofClass = false): unknown {
  if (typeof value === "string") return redactText(value);
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
  const message = redactMessage(error);
  return {
    type: error.name,
    message,
    ...(code === undefined ? {} : { code }),
    // A stack begins with the message.
    ...(error.stack === undefined ? {} : { stack: redactText(error.stack.replace(error.message, () => message)) }),
    ...(error.cause === undefined ? {} : { cause: redactValue(error.cause, depth) }),
    ...(error instanceof AggregateError ? { errors: redactValue(error.errors, depth) } : {}),
  };
}
