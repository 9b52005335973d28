import { readField, readText } from "./caught-value.ts";
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
/** Values within one field of a line, all levels together. Far more than a person reads. */
const MAX_VALUES = 2000;
/** Fields of a line that may each have so many. */
const MAX_WHOLE_FIELDS = 100;
const UNREADABLE = "[cannot be read]";
const TOO_LARGE = "[too large]";

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
 * the code that logs it. What JSON cannot show, or what cannot be read, becomes a text. Never
 * throws.
 */
export function redactSecrets<T extends object>(fields: T): T {
  const clean = new Redaction().value(fields, MAX_DEPTH + 1, false);
  return (typeof clean === "object" && clean !== null ? clean : { fields: clean }) as T;
}

/**
 * One pass over the fields of a line. It counts what it has read: objects that refer to each other
 * are read once for each way that leads to them, and those ways are as many as a factorial.
 */
class Redaction {
  #left = MAX_VALUES;

  /** @param ofClass whether the value is part of a class instance */
  value(value: unknown, depth: number, ofClass: boolean): unknown {
    if (typeof value === "string") return redactText(value);
    // JSON has no such number.
    if (typeof value === "bigint") return String(value);
    if (typeof value !== "object" || value === null) return value;
    if (depth === 0) return "[too deep]";
    try {
      if (value instanceof Error) return this.#error(value, depth - 1);
      // Bytes have no names.
      if (ArrayBuffer.isView(value)) return value;
      return isPlainObject(value) ? this.#fields(value, depth - 1, ofClass) : this.#instance(value, depth - 1, ofClass);
    } catch {
      return UNREADABLE;
    }
  }

  #fields(fields: object, depth: number, ofClass: boolean): object {
    const names = Array.isArray(fields) ? fields.keys() : namesOf(fields);
    let copy: unknown[] | Record<string, unknown> | undefined;
    const read: [name: string, value: unknown][] = [];
    let index = 0;
    for (const key of names) {
      const name = String(key);
      // One field of a line does not use up what the others may have.
      if (depth === MAX_DEPTH && index++ < MAX_WHOLE_FIELDS) this.#left = MAX_VALUES;
      if (this.#left-- <= 0) return addField(copy ?? copyOf(fields, read), TOO_LARGE, TOO_LARGE);
      const { value, clean } = this.#field(fields, name, depth, ofClass);
      const cleanName = redactName(name);
      if (copy) addField(copy, cleanName, clean);
      else if (clean === value && cleanName === name) read.push([name, value]);
      else copy = addField(copyOf(fields, read), cleanName, clean);
    }
    return copy ?? fields;
  }

  #field(fields: object, name: string, depth: number, ofClass: boolean): { value: unknown; clean: unknown } {
    if (isSecretName(name)) return { value: undefined, clean: REDACTED };
    try {
      const value = (fields as Record<string, unknown>)[name];
      return { value, clean: this.value(value, depth, ofClass) };
    } catch {
      return { value: undefined, clean: UNREADABLE };
    }
  }

  /**
   * Shows an instance as JSON does: a URL as its text, others as their fields. An instance within
   * another is only named, because a socket refers to half of the process.
   */
  #instance(value: object, depth: number, within: boolean): unknown {
    const { toJSON } = value as { toJSON?: unknown };
    if (typeof toJSON === "function") return this.value(Reflect.apply(toJSON, value, []), depth, within);
    return within ? `[${value.constructor.name}]` : this.#fields(value, depth, true);
  }

  /**
   * The fields of an error and its causes in a log. Fields that drivers add are left out, because
   * they may hold rows.
   */
  #error(error: Error, depth: number): Record<string, unknown> {
    this.#left--;
    const message = redactMessage(error);
    const [code, stack, cause] = ["code", "stack", "cause"].map((name) => readField(error, name));
    const errors = error instanceof AggregateError ? readField(error, "errors") : undefined;
    return {
      type: readText(error, "name") ?? "Error",
      message,
      ...(code === undefined ? {} : { code: this.value(code, depth, false) }),
      // A stack begins with the message.
      ...(typeof stack !== "string"
        ? {}
        : { stack: redactText(stack.replace(readText(error, "message") || message, () => message)) }),
      ...(cause === undefined ? {} : { cause: this.value(cause, depth, false) }),
      ...(errors === undefined ? {} : { errors: this.value(errors, depth, false) }),
    };
  }
}

/** Inherited ones too, as in the loop of a logger. */
function* namesOf(fields: object): Generator<string> {
  for (const name in fields) yield name;
}

function copyOf(fields: object, read: readonly [name: string, value: unknown][]) {
  return read.reduce((copy, [name, value]) => addField(copy, name, value), Array.isArray(fields) ? [] : {});
}

function addField<Copy extends unknown[] | Record<string, unknown>>(copy: Copy, name: string, value: unknown): Copy {
  if (Array.isArray(copy)) copy.push(value);
  // Assigned, `__proto__` would replace the prototype.
  else Object.defineProperty(copy, name, { value, enumerable: true, configurable: true, writable: true });
  return copy;
}

/** A map by e-mail address has the addresses as names. */
function redactName(name: string): string {
  return name.includes("@") ? redactText(name) : name;
}

function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return (prototype === Object.prototype || prototype === null || Array.isArray(value)) && !("toJSON" in value);
}
