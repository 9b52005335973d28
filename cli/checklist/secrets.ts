import { statSync } from "node:fs";
import { join } from "node:path";
import type { SourceFolder } from "../service-files/source-folder.ts";

export interface FoundSecret {
  file: string;
  line: number;
  kind: string;
}

const secretPatterns: [kind: string, pattern: RegExp][] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["a key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})\b/],
  ["a token of Slack", /\bxox[abprs]-[\w-]{10,}/],
  ["a token of a payment service", /\b[sr]k_live_[A-Za-z0-9]{16,}/],
  [
    "a password in a URL",
    /\b[a-z][a-z0-9+]*:\/\/[\w.-]+:(?!app@|password@|secret@|…@|\.{3})([^\s:/@"'`$<{*[\]\\%]{3,})@[\w.-]/,
  ],
  // A value that begins as a regular expression does looks for secrets.
  [
    "a password",
    /\b\w*(?:password|secret|api_?key|access_?token)\w*["']?\s*[:=]\s*["'](?!\/?\^|[\w.]*(?:example|changeme|placeholder|password|secret|redacted|test))[^"'\s$<{[]{8,}["']/i,
  ],
];

/** Long files without code, and binary ones. */
const IGNORED_FILES =
  /(^|\/)(package-lock\.json|go\.sum|composer\.lock|poetry\.lock|uv\.lock|yarn\.lock|pnpm-lock\.yaml)$|\.(png|jpe?g|gif|ico|woff2?|pdf|zip|gz|wasm)$/i;
const TEST_FILES = /(^|\/)(tests?|__tests__|spec|fixtures|testdata)\/|[._-](test|spec)\.\w+$|_test\.go$/;
const MAX_FILE_BYTES = 1_000_000;

/**
 * Finds text that looks like a credential in the files that git tracks, except in tests. The
 * default password of development, `app:app`, does not count.
 */
export function findSecrets({ files, folder, read }: SourceFolder): FoundSecret[] {
  const dotenv = files.filter((file) => /(^|\/)\.env(\.(?!example|sample|template)\w+)?$/.test(file));
  const searched = files.filter(
    (file) => !IGNORED_FILES.test(file) && !TEST_FILES.test(file) && statSync(join(folder, file)).size < MAX_FILE_BYTES,
  );
  return [
    ...dotenv.map((file) => ({ file, line: 1, kind: "a file of an environment" })),
    ...searched.flatMap((file) => {
      const lines = read(file).split("\n");
      return secretPatterns.flatMap(([kind, pattern]) => {
        const index = lines.findIndex((line) => pattern.test(line));
        return index < 0 ? [] : [{ file, line: index + 1, kind }];
      });
    }),
  ];
}
