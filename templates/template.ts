import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Languages that a service can be started in; each has a folder here. */
export const languages = ["node", "go", "python", "php"] as const;
export type Language = (typeof languages)[number];

/** What a template leaves open. */
export interface TemplateValues {
  /** As in a service descriptor: lower case, digits and dashes. */
  name: string;
  port: number;
}

/** Placeholders in the templates' files. They are valid values: a template runs unchanged. */
const SAMPLE_NAME = "sample-service";
const SAMPLE_PORT = /(?<![\w.])8099(?!\w)/g;
/** Files whose checksums may contain the port's digits. */
const CHECKSUM_FILES = /^(go\.sum|package-lock\.json)$/;
/** Build output and the template's metadata: not part of a service. */
const EXCLUDED_FILES = /(^|\/)(node_modules|\.venv|\.plinth|__pycache__)(\/|$)|^bin\/service$|^template\.json$/;

export function templateFolder(language: Language): string {
  return fileURLToPath(new URL(language, import.meta.url));
}

/** The version of a template, which a service made from it remembers. */
export function templateVersion(folder: string): { name: string; version: number } {
  return JSON.parse(readFileSync(join(folder, "template.json"), "utf8")) as { name: string; version: number };
}

/**
 * Renders a service's files: text by path relative to the service's folder, sorted by path. Pure:
 * the same template and values give the same files, so that a service can be compared with a newer
 * template.
 *
 * @param folder of the template, or of another version of it
 */
export function renderTemplate(folder: string, { name, port }: TemplateValues): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    // A link leads to a file that the platform owns, such as a schema; a service gets a copy.
    .filter((entry) => entry.isFile() || (entry.isSymbolicLink() && entry.name.includes(".")))
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !EXCLUDED_FILES.test(path))
    .sort();
  return new Map(
    paths.map((path) => {
      const named = readFileSync(join(folder, path), "utf8").replaceAll(SAMPLE_NAME, name);
      return [path, CHECKSUM_FILES.test(path) ? named : named.replaceAll(SAMPLE_PORT, String(port))];
    }),
  );
}
