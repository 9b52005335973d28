import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readJsonFile } from "@plinth/local/json-file.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { adoptedTemplateFolder } from "./adopted.ts";
import { type Language, languages, renderTemplate, templateFolder, templateVersion } from "./template.ts";

/**
 * A source of services' files: a whole service (`go`), or files for existing code (`adopted-go`).
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

/** One file a version, because a shallow clone lacks git's history. */
export function historyFolder(root: string): string {
  return join(root, "templates/history");
}

/** The files of a version as they stand in the template, by path. */
export type TemplateFiles = Record<string, string>;

export function readCurrentVersion({ folder }: Template): TemplateFiles {
  // The placeholders themselves: the files stay unchanged.
  return Object.fromEntries(renderTemplate(folder, { name: "sample-service", port: 8099 }));
}

/** Undefined when the version was never recorded. */
export function readRecordedVersion(
  root: string,
  { name }: Pick<Template, "name">,
  version: number,
): TemplateFiles | undefined {
  const file = versionFile(root, name, version);
  return readJsonFile<TemplateFiles>(
    file,
    `Version ${version} of template '${name}'`,
    () => `Type: git checkout ${file}`,
  );
}

/**
 * Records a template's current version. Returns false when it is recorded already.
 *
 * @throws when other files are recorded under the same version number
 */
export function recordVersion(root: string, source: Template): boolean {
  const { name, version } = source;
  const text = `${JSON.stringify(readCurrentVersion(source), null, 2)}\n`;
  const file = versionFile(root, name, version);
  if (existsSync(file)) {
    if (readFileSync(file, "utf8") === text) return false;
    throw new UserError(
      `Template '${name}' differs from its recorded version ${version}: raise 'version' in its template.json to ${version + 1}, then type: make generate`,
    );
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  return true;
}

/** Recorded versions of a template, in ascending order. */
export function listRecordedVersions(root: string, { name }: Pick<Template, "name">): number[] {
  const folder = join(historyFolder(root), name);
  return existsSync(folder)
    ? readdirSync(folder)
        .map((file) => Number.parseInt(file, 10))
        .sort((a, b) => a - b)
    : [];
}

/**
 * Writes the files to a temporary folder, from which a template can be rendered, while `work` runs.
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
