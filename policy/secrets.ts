import { SECRET } from "./policy.ts";

const secretPatterns: [RegExp, string][] = [
  [/[a-z][a-z0-9+.-]*:\/\/[^\s:/@]*:(?!\$[({])[^\s/@]+@/i, "a URL with a password"],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, "a private key"],
  [/\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]+/, "a signed token"],
  [/\bAKIA[0-9A-Z]{16}\b/, "an access key"],
];

/**
 * The kind of secret that a text holds, judged by its form; undefined for none. References such as
 * `$(PASSWORD)` are not secrets.
 */
export function detectSecret(text: string): string | undefined {
  return secretPatterns.find(([pattern]) => pattern.test(text))?.[1];
}

const secretNamePattern =
  /(^|_)(password|passwd|pwd|passphrase|secret|token|credentials?|(api|private|access|secret|signing|encryption)_key)$/;

/**
 * Whether a name is a secret's: `DB_PASSWORD`, `apiKey` and `sasl.password` are, `PASSWORD_FILE`
 * and `TOKEN_TTL` are not.
 */
export function isSecretName(name: string): boolean {
  const snake = name
    .replace(/([a-z0-9])([A-Z])/g, "$1_$2")
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toLowerCase();
  return secretNamePattern.test(snake);
}

/** Whether a value is literal: not empty, not a reference to a variable, not {@link SECRET}. */
export function isPlainText(value: unknown): value is string {
  return typeof value === "string" && value !== "" && value !== SECRET && !/^\$[({][\w.]+[)}]$/.test(value);
}

/** Names of secret settings in a text, as in `--requirepass x`, `password=x` or `password: x`. */
export function findSecretSettings(text: string): string[] {
  const settings = text.matchAll(/(?:^|\s)-{0,2}([A-Za-z][\w.-]*)(?:[ \t]*[=:][ \t]*|[ \t]+)["']?([^\s"',}]+)/g);
  return [...settings]
    .filter(
      ([, name, value]) =>
        (isSecretName(name!) || name === "requirepass" || name === "masterauth") && isPlainText(value),
    )
    .map(([, name]) => name!);
}
