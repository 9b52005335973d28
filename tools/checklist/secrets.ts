import { statSync } from "node:fs";
import { join } from "node:path";
import type { Project } from "../add-service/project.ts";

export interface FoundSecret {
  file: string;
  line: number;
  what: string;
}

const kinds: [what: string, pattern: RegExp][] = [
  ["a private key", /-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----/],
  ["a key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  ["a token of GitHub", /\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_\w{50,})\b/],
  ["a token of Slack", /\bxox[abprs]-[\w-]{10,}/],
  ["a token of a payment service", /\b[sr]k_live_[A-Za-z0-9]{16,}/],
  ["a password in a URL", /\b[a-z][a-z0-9+]*:\/\/[\w.-]+:(?!app@|password@|secret@|…@|\.{3})([^\s:/@"'`$<{*[\]\\%]{3,})@[\w.-]/],
  [
    "a password",
    /\b\w*(?:password|secret|api_?key|access_?token)\w*["']?\s*[:=]\s*["'](?![\w.]*(?:example|changeme|placeholder|password|secret|redacted|test))[^"'\s$<{[]{8,}["']/i,
  ],
];

/** What is long and no code, or only looks like it. */
const OTHER =
  /(^|\/)(package-lock\.json|go\.sum|composer\.lock|poetry\.lock|uv\.lock|yarn\.lock|pnpm-lock\.yaml)$|\.(png|jpe?g|gif|ico|woff2?|pdf|zip|gz|wasm)$/i;
const TESTS = /(^|\/)(tests?|__tests__|spec|fixtures|testdata)\/|[._-](test|spec)\.\w+$|_test\.go$/;
const MOST_BYTES = 1_000_000;

/** What looks like a credential in the files that git keeps. The default password of development, `app:app`, is none; nor is what tests make up. */
export function secretsIn({ files, folder, text }: Project): FoundSecret[] {
  const dotenv = files.filter((file) => /(^|\/)\.env(\.(?!example|sample|template)\w+)?$/.test(file));
  const looked = files.filter((file) => !OTHER.test(file) && !TESTS.test(file) && statSync(join(folder, file)).size < MOST_BYTES);
  return [
    ...dotenv.map((file) => ({ file, line: 1, what: "a file of an environment" })),
    ...looked.flatMap((file) => {
      const lines = text(file).split("\n");
      return kinds.flatMap(([what, pattern]) => {
        const at = lines.findIndex((line) => pattern.test(line));
        return at < 0 ? [] : [{ file, line: at + 1, what }];
      });
    }),
  ];
}
