const REDACTED = "[redacted]";
/** Fields that hold a secret or a personal datum, by their names in lower case without dashes and underscores. */
const SECRET_NAME =
  /^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?|.*emails?|.*emailaddress|.*phone(number)?|iban|.*cardnumber|cvv|cvc|ssn)$/;
const PATTERNS: [RegExp, string][] = [
  [/(:\/\/[^\s:/@"\\]*):[^\s/?#"\\]+@/g, `$1:${REDACTED}@`],
  [/([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+/gi, `$1${REDACTED}`],
  // password=x, "token": "x", Authorization: Bearer x
  [
    /((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credential)s?["'\\]*\s*[=:]\s*["'\\]*)(?:(?:bearer|basic|digest)\s+)?[^\s"'\\,;&}\])[]+/gi,
    `$1${REDACTED}`,
  ],
  [/\b(bearer\s+)[\w+/=.~-]+/gi, `$1${REDACTED}`],
  // Keys that tell by their form what they are.
  [
    /\b(?:eyJ[\w-]{10,}(?:\.[\w-]+)*|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|glpat-[\w-]{10,}|sk_(?:live|test)_\w+|xox[abprs]-[\w-]+)/g,
    REDACTED,
  ],
  // E-mail addresses; the last label is of letters, unlike the version in package@1.2.3.
  [
    /[^\s@"'<>\\,;:()[\]{}/?&=|]{1,64}(?:@|%40)(?:[^\s@"'<>\\,;:()[\]{}/?&=|.%]{1,63}\.){1,10}[a-zA-Z]{2,63}/g,
    REDACTED,
  ],
];

/** Without passwords and keys, and e-mail addresses: messages of drivers repeat what they were given. */
export function redact(text: string): string {
  return PATTERNS.reduce((clean, [pattern, by]) => clean.replace(pattern, by), text);
}

/** Deeper values and more of them are left out: objects may refer to each other. */
const MAX_DEPTH = 6;
const MAX_VALUES = 1000;

/** A copy of a log line's fields without secrets. */
export function redactFields(
  fields: Record<string, unknown>,
  depth = 0,
  budget = { left: MAX_VALUES },
): Record<string, unknown> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, redactField(name, fields, depth, budget)]));
}

function redactField(name: string, fields: Record<string, unknown>, depth: number, budget: { left: number }): unknown {
  budget.left -= 1;
  let value: unknown;
  try {
    value = fields[name];
  } catch {
    return "[cannot be read]";
  }
  if (SECRET_NAME.test(name.replace(/[-_]/g, "").toLowerCase())) return REDACTED;
  if (typeof value === "string") return redact(value);
  if (typeof value === "bigint") return String(value);
  if (depth > MAX_DEPTH || budget.left < 0) return typeof value === "object" ? "[left out]" : value;
  if (value instanceof Error) return describeError(value, depth);
  return isPlainObject(value) ? redactFields(value, depth + 1, budget) : value;
}

function describeError({ name, message, stack = "", cause }: Error, depth: number): Record<string, unknown> {
  return {
    type: String(name),
    message: redact(String(message)),
    stack: redact(String(stack)),
    ...(cause instanceof Error && depth < MAX_DEPTH && { cause: describeError(cause, depth + 1) }),
  };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
