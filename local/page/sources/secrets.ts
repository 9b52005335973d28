import { redact } from "../../supervisor/logs.ts";
import { secretsOf } from "../../supervisor/spec.ts";
import { readProcessRecords } from "../../supervisor/state.ts";

/** Shorter values, such as the password `app` of development, occur in ordinary words. */
const MIN_LENGTH = 8;
const MAX_AGE_MS = 10_000;
const SECRET_NAME = /pass(word|wd|phrase)?$|secret|token|api_?key|private_?key|(^|_)key$|credential|webhook/i;
const URL_PASSWORD = /^[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:([^\s@/]+)@/i;
/** Three parts of base64url, as in a JSON Web Token. */
const JSON_WEB_TOKEN = /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}\b/g;

/** Replaces the secrets that a stack's processes were given, wherever the page would show them. */
export class SecretMask {
  private readonly directory: string | undefined;
  private readonly others: readonly string[];
  private known: string[] = [];
  private readAt = 0;

  /**
   * @param directory of the stack whose processes' secrets are replaced
   * @param others further values
   */
  constructor(directory: string | undefined, others: readonly (string | undefined)[] = []) {
    this.directory = directory;
    this.others = others.filter((value) => value !== undefined);
  }

  text(value: string): string {
    return redact(value, this.secrets()).replace(JSON_WEB_TOKEN, "***");
  }

  /** Values by name, without those whose name or form says that they are secret. */
  environment(
    plain: Readonly<Record<string, string>>,
    secret: Readonly<Record<string, string>>,
  ): Record<string, string> {
    const shown = Object.entries(plain).map(([name, value]) => [
      name,
      SECRET_NAME.test(name) && value !== "" ? "***" : this.text(value),
    ]);
    const hidden = Object.keys(secret).map((name) => [name, "***"]);
    return Object.fromEntries([...shown, ...hidden].sort(([a], [b]) => (a! < b! ? -1 : 1)));
  }

  private secrets(): string[] {
    if (Date.now() - this.readAt < MAX_AGE_MS) return this.known;
    this.readAt = Date.now();
    const given =
      this.directory === undefined ? [] : readProcessRecords(this.directory).flatMap(({ spec }) => secretsOf(spec));
    const values = [...given, ...this.others];
    const passwords = values.flatMap((value) => URL_PASSWORD.exec(value)?.[1] ?? []);
    this.known = [...new Set([...values, ...passwords].flatMap(spellings))]
      .filter((value) => value.length >= MIN_LENGTH)
      // A secret may contain another one.
      .sort((a, b) => b.length - a.length);
    return this.known;
  }
}

/** A secret as it is, as a line of JSON escapes it, and, if it is part of an address, decoded. */
function spellings(secret: string): string[] {
  const decoded = decode(secret);
  return [secret, decoded, escapeJson(secret), escapeJson(decoded)];
}

function escapeJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
