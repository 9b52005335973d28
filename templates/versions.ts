import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { adoptedTemplateFolder } from "./adopted.ts";
import { type Language, languages, renderTemplate, templateFolder, templateVersion } from "./template.ts";

/**
 * Something that services' files are made from: a whole service (`go`), or what is added to one
 * that is there (`adopted-go`).
 */
export interface Template {
  name: string;
  language: Language;
  adopted: boolean;
  /** Absolute; its newest version. */
  folder: string;
  version: number;
}

export function listTemplates(): Template[] {
  return languages.flatMap((language) =>
    [templateFolder(language), adoptedTemplateFolder(language)].map((folder, index) => ({
      language,
      adopted: index === 1,
      folder,
      ...templateVersion(folder),
    })),
  );
}

/**
 * Where the versions are kept, each in one file: what a template was cannot depend on how much of
 * git's history a clone has.
 */
export function historyFolder(root: string): string {
  return join(root, "templates/history");
}

/** The files of a version as they stand in the template, by path. */
export type TemplateFiles = Record<string, string>;

export function readCurrentVersion({ folder }: Template): TemplateFiles {
  // With the values of the sample itself: as they are.
  return Object.fromEntries(renderTemplate(folder, { name: "sample-service", port: 8099 }));
}

/** Undefined when the version was never recorded. */
export function readRecordedVersion(
  root: string,
  { name }: Pick<Template, "name">,
  version: number,
): TemplateFiles | undefined {
  const file = versionFile(root, name, version);
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as TemplateFiles) : undefined;
}

/**
 * Keeps the newest version of a template. Gives false when it is kept already. Throws one sentence
 * when another one has its number.
 */
export function recordVersion(root: string, source: Template): boolean {
  const { name, version } = source;
  const text = `${JSON.stringify(readCurrentVersion(source), null, 2)}\n`;
  const file = versionFile(root, name, version);
  if (existsSync(file)) {
    if (readFileSync(file, "utf8") === text) return false;
    throw new Error(
      `Template '${name}' is not what version ${version} was when services were made from it: raise 'version' in its template.json to ${version + 1}, then type: make generate`,
    );
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return true;
}

/** The versions of a template that services may have been made from. */
export function listRecordedVersions(root: string, { name }: Pick<Template, "name">): number[] {
  const folder = join(historyFolder(root), name);
  return existsSync(folder)
    ? readdirSync(folder)
        .map((file) => Number.parseInt(file, 10))
        .sort((a, b) => a - b)
    : [];
}

/**
 * The files as a folder, which is what templates are rendered from, for as long as `work` takes.
 */
export function withTemplateFolder<T>(files: TemplateFiles, work: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), "plinth-template-"));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return work(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function versionFile(root: string, name: string, version: number): string {
  return join(historyFolder(root), name, `${version}.json`);
}
