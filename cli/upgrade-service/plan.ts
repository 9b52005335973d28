import { isDeepStrictEqual } from "node:util";
import { type LocatedService, parseDescriptor } from "../../components/service/descriptor.ts";
import type { ServiceDescriptor } from "../../components/service/descriptor-rule.ts";
import { renderAdoptedTemplate } from "../../templates/adopted.ts";
import { renderTemplate } from "../../templates/template.ts";
import { type Template, type TemplateFiles, withTemplateFolder } from "../../templates/versions.ts";
import { dockerfileValues } from "../add-service/languages/app.ts";
import { detectApp } from "../add-service/languages/detect.ts";
import { formatDescriptor } from "../service-files/descriptor-format.ts";
import type { SourceFolder } from "../service-files/source-folder.ts";
import { type MergeVersions, mergeThreeWay } from "./merge.ts";

/** The changes that a newer template version makes to a service; nothing is written yet. */
export interface UpgradePlan {
  /** Text by path; undefined: the file is removed. */
  files: Map<string, string | undefined>;
  /** Files in which the service and the template changed the same lines. */
  conflicts: string[];
  /**
   * Changes of the template that are not applied, because the service removed or edited the file.
   */
  notes: string[];
}

export interface UpgradeInputs {
  service: LocatedService;
  sourceFolder: SourceFolder;
  template: Template;
  /** Files of the template's version that the service has, and of the newest one. */
  from: TemplateFiles;
  to: TemplateFiles;
}

/**
 * Merges three ways. Both versions are rendered with the service's name, port and program: so only
 * changes of the template are applied, and only edits of the service can conflict.
 */
export function planUpgrade({ service, sourceFolder, template, from, to }: UpgradeInputs): UpgradePlan {
  const render = createRenderer(service, sourceFolder, template);
  const [base, theirs] = [render(from), render(to)];
  const version = service.template!.version;
  const labels = {
    ours: service.name,
    base: `${template.name} ${version}`,
    theirs: `${template.name} ${template.version}`,
  };
  const upgrade: UpgradePlan = { files: new Map(), conflicts: [], notes: [] };
  for (const path of new Set([...base.keys(), ...theirs.keys()])) {
    if (path === "plinth.json") continue;
    mergeFile(
      upgrade,
      path,
      {
        base: base.get(path),
        ours: sourceFolder.has(path) ? sourceFolder.read(path) : undefined,
        theirs: theirs.get(path),
      },
      labels,
    );
  }
  mergeDescriptor(
    upgrade,
    sourceFolder,
    { base: base.get("plinth.json"), theirs: theirs.get("plinth.json") },
    template,
  );
  return upgrade;
}

function createRenderer(
  service: LocatedService,
  sourceFolder: SourceFolder,
  source: Template,
): (files: TemplateFiles) => Map<string, string> {
  if (!source.adopted) return (files) => withTemplateFolder(files, (folder) => renderTemplate(folder, service));
  const values = dockerfileValues(detectApp(sourceFolder, source.language), service);
  return (files) => withTemplateFolder(files, (folder) => renderAdoptedTemplate(folder, values));
}

/** Undefined: the side has no such file. */
type OptionalVersions = Record<keyof MergeVersions, string | undefined>;

function mergeFile(
  upgrade: UpgradePlan,
  path: string,
  { base, ours, theirs }: OptionalVersions,
  labels: MergeVersions,
): void {
  if (base === theirs || ours === theirs) return;
  if (ours === undefined) {
    if (base === undefined) upgrade.files.set(path, theirs);
    else upgrade.notes.push(`${path} was changed by the template; this service has removed it.`);
    return;
  }
  if (theirs === undefined) {
    if (ours === base) upgrade.files.set(path, undefined);
    else upgrade.notes.push(`${path} is gone from the template; it stays, since it was edited here.`);
    return;
  }
  const { text, conflicts } = mergeThreeWay({ base: base ?? "", ours, theirs }, labels);
  upgrade.files.set(path, text);
  if (conflicts > 0) upgrade.conflicts.push(path);
}

/** Merges by field, so that the layout of the text does not matter. */
function mergeDescriptor(
  upgrade: UpgradePlan,
  sourceFolder: SourceFolder,
  { base, theirs }: Omit<OptionalVersions, "ours">,
  source: Template,
): void {
  const text = sourceFolder.read("plinth.json");
  const current = JSON.parse(text.replace(/^\uFEFF/, "")) as Record<string, unknown>;
  const [before, after] = [base, theirs].map((one) => JSON.parse(one ?? "{}") as Record<string, unknown>) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const merged: Record<string, unknown> = { ...current };
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (
      field === "template" ||
      isDeepStrictEqual(before[field], after[field]) ||
      isDeepStrictEqual(current[field], after[field])
    )
      continue;
    if (!isDeepStrictEqual(current[field], before[field]))
      upgrade.conflicts.push(
        `plinth.json ('${field}': ${JSON.stringify(current[field])} here, ${JSON.stringify(after[field])} in the template)`,
      );
    else if (after[field] === undefined) delete merged[field];
    else merged[field] = after[field];
  }
  merged.template = { name: source.name, version: source.version };
  const versionOnly = isDeepStrictEqual({ ...merged, template: 0 }, { ...current, template: 0 });
  const withNewVersion = text.replace(/("template"\s*:\s*\{[^}]*"version"\s*:\s*)\d+/, `$1${source.version}`);
  upgrade.files.set(
    "plinth.json",
    versionOnly
      ? withNewVersion
      : formatDescriptor(parseDescriptor("plinth.json", JSON.stringify(merged)) as ServiceDescriptor),
  );
}
