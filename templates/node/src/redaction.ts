const REDACTED = "[redacted]";
/** Fields that hold a secret, by their names in lower case without dashes and underscores. */
const SECRET_NAME =
  /^(authorization|proxyauthorization|cookies?|setcookie|.*passwords?|passwd|pwd|.*passphrase|.*tokens?|jwt|.*secrets?|.*(api|private|secret|secretaccess)key|credentials?)$/;
const URL_CREDENTIALS = /(:\/\/[^\s:/@"\\]*):[^\s/?#"\\]+@/g;
const URL_KEYS = /([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+/gi;
const EMAIL = /[\w.+-]+@[\w-]+(\.[\w-]+)+/g;

/** Without passwords and keys of URLs, and e-mail addresses: messages of drivers repeat what they were given. */
export function redact(text: string): string {
  return text.replace(URL_CREDENTIALS, `$1:${REDACTED}@`).replace(URL_KEYS, `$1${REDACTED}`).replace(EMAIL, REDACTED);
}

/** A copy of a log line's fields without secrets. */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, redactField(name, value)]));
}

function redactField(name: string, value: unknown): unknown {
  if (SECRET_NAME.test(name.replace(/[-_]/g, "").toLowerCase())) return REDACTED;
  if (typeof value === "string") return redact(value);
  if (value instanceof Error) return describeError(value);
  return isPlainObject(value) ? redactFields(value) : value;
}

function describeError({ name, message, stack = "", cause }: Error): Record<string, unknown> {
  return {
    type: name,
    message: redact(message),
    stack: redact(stack),
    ...(cause instanceof Error && { cause: describeError(cause) }),
  };
}

function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
