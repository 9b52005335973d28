import { describeCaught, isInstance, readText } from "./caught-value.ts";

const REDACTED = "[redacted]";
/**
 * Quotes end a URL, because whole lines of JSON are searched too. All patterns start at characters
 * that few texts have, or are bounded, so that a hostile text costs no more than its length.
 */
const URL_CREDENTIALS = /(:\/\/[^\s:/@"\\]*):[^\s/?#"\\]+@/g;
const URL_KEYS = /([?&](?:[\w-]*(?:token|secret|password|api[_-]?key|signature)|key|sig|code)=)[^\s&#"\\]+/gi;
/** `password=x`, `"token": "x"`, `Authorization: Bearer x`, `secret 'x'`. */
const ASSIGNED_SECRETS =
  /((?:password|passwd|passphrase|pwd|secret|token|api[_-]?key|authorization|cookie|credential)s?["'\\]*(?:\s*[=:]\s*|\s+(?=["'\\]))["'\\]*)(?!\[redacted\])(?:(?:bearer|basic|digest)\s+)?[^\s"'\\,;&}\])]+/gi;
const BEARER = /\b(bearer\s+)[\w+/=.~-]+/gi;
/** Keys that tell by their form: JSON Web Tokens, AWS, GitHub, GitLab, Stripe, Slack. */
const KNOWN_KEYS =
  /\b(?:eyJ[\w-]{10,}(?:\.[\w-]+)*|AKIA[0-9A-Z]{16}|gh[pousr]_\w{20,}|glpat-[\w-]{10,}|sk_(?:live|test)_\w+|xox[abprs]-[\w-]+)/g;
const PRIVATE_KEYS = /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----[\s\S]*?(?:-----END[A-Z -]{0,50}-----|$)/g;
/** The last label is of letters, unlike the version in `package@1.2.3`. */
const EMAILS =
  /[^\s@"'<>\\,;:()[\]{}/?&=|]{1,64}(?:@|%40)(?:[^\s@"'<>\\,;:()[\]{}/?&=|.%]{1,63}\.){1,10}[a-z\u00a1-\uffff]{2,63}(?![\w-])/gi;

/** Characters of one text in a log or span: a message may repeat a body of 50 MB. */
const MAX_CHARS = 65_536;
/** What is cut is searched so far beyond the cut, which may go through a secret. */
const MAX_SECRET_CHARS = 8192;

/**
 * The text without passwords and keys, in URLs and elsewhere, and without e-mail addresses; the
 * beginning of a long one. Messages of drivers may repeat the URL of their connection or a value of
 * the request.
 */
export function redactText(text: string): string {
  if (text.length <= MAX_CHARS) return redactAll(text);
  const beginning = redactAll(text.slice(0, MAX_CHARS + MAX_SECRET_CHARS)).slice(0, MAX_CHARS);
  return `${beginning}… [${text.length} characters]`;
}

function redactAll(text: string): string {
  let clean = text;
  if (clean.includes("://")) clean = clean.replace(URL_CREDENTIALS, `$1:${REDACTED}@`);
  if (clean.includes("=")) clean = clean.replace(URL_KEYS, `$1${REDACTED}`);
  if (/[=:"']/.test(clean)) clean = clean.replace(ASSIGNED_SECRETS, `$1${REDACTED}`);
  if (clean.includes("earer ")) clean = clean.replace(BEARER, `$1${REDACTED}`);
  if (/eyJ|AKIA|gh[pousr]_|glpat-|sk_|xox/.test(clean)) clean = clean.replace(KNOWN_KEYS, REDACTED);
  if (clean.includes("-----BEGIN")) clean = clean.replace(PRIVATE_KEYS, REDACTED);
  if (clean.includes("@") || clean.includes("%40")) clean = clean.replace(EMAILS, REDACTED);
  return clean;
}

/**
 * The message of a caught value in logs and spans. Parsers and databases quote the value that they
 * refuse, which is the caller's: SQLSTATE class 22 are data exceptions.
 */
export function redactMessage(caught: unknown): string {
  const message = describeCaught(caught);
  const quotesValue =
    isInstance(caught, SyntaxError) ||
    readText(caught, "name") === "ReplyError" ||
    /^22[0-9A-Z]{3}$/.test(readText(caught, "code") ?? "");
  return redactText(quotesValue ? message.replace(/["'][\s\S]*["']/, `"${REDACTED}"`) : message);
}
