import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** Languages that a service can be started in; each is a folder beside this file. */
export const languages = ["node", "go", "python", "php"] as const;
export type Language = (typeof languages)[number];

/** What a template leaves open. */
export interface TemplateValues {
  /** As in a service descriptor: lower case, digits and dashes. */
  name: string;
  port: number;
}

/**
 * What stands in the templates' files for a service's own: a template is a service that runs as it
 * is, so these are good values, too.
 */
const SAMPLE_NAME = "sample-service";
const SAMPLE_PORT = /(?<![\w.])8099(?!\w)/g;
/** Their checksums may hold any digits. */
const CHECKSUM_FILES = /^(go\.sum|package-lock\.json)$/;
/** Made by tools, or about the template itself: not part of a service. */
const EXCLUDED_FILES = /(^|\/)(node_modules|\.venv|\.plinth|__pycache__)(\/|$)|^bin\/service$|^template\.json$/;

export function templateFolder(language: Language): string {
  return fileURLToPath(new URL(language, import.meta.url));
}

/** The version of a template, which a service made from it remembers. */
export function templateVersion(folder: string): { name: string; version: number } {
  return JSON.parse(readFileSync(join(folder, "template.json"), "utf8")) as { name: string; version: number };
}

/**
 * The files of a service made from a template: text by path relative to the service's folder, in
 * the order of their paths. Pure: the same template and values give the same files, so that a newer
 * template can be compared with what a service was made from.
 *
 * @param folder of the template; that of another version of it serves as well
 */
export function renderTemplate(folder: string, { name, port }: TemplateValues): Map<string, string> {
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    // Links lead to files that the platform keeps once, such as schemas: a service gets them as
    // files.
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
