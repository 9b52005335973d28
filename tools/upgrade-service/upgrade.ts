import { isDeepStrictEqual } from "node:util";
import { type LocatedService, parseDescriptor, type ServiceDescriptor } from "../../components/descriptor.ts";
import { renderTemplate } from "../../templates/template.ts";
import { renderAdopted } from "../add-service/adopted.ts";
import { descriptorText } from "../add-service/descriptor-text.ts";
import { imageValues } from "../add-service/plan.ts";
import { detectProgram } from "../add-service/program.ts";
import type { Project } from "../add-service/project.ts";
import { mergeThree, type Sides } from "./merge.ts";
import { asFolder, type TemplateFiles, type TemplateSource } from "./template-source.ts";

/** What a newer version of its template means for a service; nothing of it is done. */
export interface Upgrade {
  /** Text by path; undefined: the file goes. */
  files: Map<string, string | undefined>;
  /** Files in which the service and the template changed the same lines. */
  conflicts: string[];
  /** What the template did that does not concern this service's files any more. */
  notes: string[];
}

export interface UpgradeInputs {
  service: LocatedService;
  project: Project;
  source: TemplateSource;
  /** Files of the template's version that the service was made from, and of the newest one. */
  from: TemplateFiles;
  to: TemplateFiles;
}

/**
 * Merges three ways: both versions are rendered with the service's own name, port and program, so that only what the template itself changed is brought
 * in, and only the service's own edits can be in its way.
 */
export function planUpgrade({ service, project, source, from, to }: UpgradeInputs): Upgrade {
  const render = renderer(service, project, source);
  const [base, theirs] = [render(from), render(to)];
  const version = service.template!.version;
  const labels = { ours: service.name, base: `${source.name} ${version}`, theirs: `${source.name} ${source.version}` };
  const upgrade: Upgrade = { files: new Map(), conflicts: [], notes: [] };
  for (const path of new Set([...base.keys(), ...theirs.keys()])) {
    if (path === "plinth.json") continue;
    mergeFile(
      upgrade,
      path,
      { base: base.get(path), ours: project.has(path) ? project.text(path) : undefined, theirs: theirs.get(path) },
      labels,
    );
  }
  mergeDescriptor(upgrade, project, { base: base.get("plinth.json"), theirs: theirs.get("plinth.json") }, source);
  return upgrade;
}

function renderer(service: LocatedService, project: Project, source: TemplateSource): (files: TemplateFiles) => Map<string, string> {
  if (!source.adopted) return (files) => asFolder(files, (folder) => renderTemplate(folder, service));
  const values = imageValues(detectProgram(project, source.language), service);
  return (files) => asFolder(files, (folder) => renderAdopted(folder, values));
}

/** Undefined: that side has no such file. */
type Maybe = Record<keyof Sides, string | undefined>;

function mergeFile(upgrade: Upgrade, path: string, { base, ours, theirs }: Maybe, labels: Sides): void {
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
  const { text, conflicts } = mergeThree({ base: base ?? "", ours, theirs }, labels);
  upgrade.files.set(path, text);
  if (conflicts > 0) upgrade.conflicts.push(path);
}

/** Field by field: how its text is laid out is no change. */
function mergeDescriptor(upgrade: Upgrade, project: Project, { base, theirs }: Omit<Maybe, "ours">, source: TemplateSource): void {
  const text = project.text("plinth.json");
  const own = JSON.parse(text) as Record<string, unknown>;
  const [before, after] = [base, theirs].map((one) => JSON.parse(one ?? "{}") as Record<string, unknown>) as [
    Record<string, unknown>,
    Record<string, unknown>,
  ];
  const merged: Record<string, unknown> = { ...own };
  for (const field of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (field === "template" || isDeepStrictEqual(before[field], after[field]) || isDeepStrictEqual(own[field], after[field])) continue;
    if (!isDeepStrictEqual(own[field], before[field]))
      upgrade.conflicts.push(
        `plinth.json ('${field}': ${JSON.stringify(own[field])} here, ${JSON.stringify(after[field])} in the template)`,
      );
    else if (after[field] === undefined) delete merged[field];
    else merged[field] = after[field];
  }
  merged.template = { name: source.name, version: source.version };
  const versionOnly = isDeepStrictEqual({ ...merged, template: 0 }, { ...own, template: 0 });
  const raised = text.replace(/("template"\s*:\s*\{[^}]*"version"\s*:\s*)\d+/, `$1${source.version}`);
  upgrade.files.set(
    "plinth.json",
    versionOnly ? raised : descriptorText(parseDescriptor("plinth.json", JSON.stringify(merged)) as ServiceDescriptor),
  );
}
