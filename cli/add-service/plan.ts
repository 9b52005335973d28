import { basename, join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type LocatedService, parseDescriptor, type ServiceDescriptor } from "../../components/service/descriptor.ts";
import { PACKAGES } from "../../components/service/packages.ts";
import { adoptedTemplateFolder, renderAdoptedTemplate } from "../../templates/adopted.ts";
import { templateVersion } from "../../templates/template.ts";
import { formatDescriptor } from "../service-files/descriptor-format.ts";
import { currentContent, effectiveChanges, type FileChange } from "../service-files/file-change.ts";
import type { SourceFolder } from "../service-files/source-folder.ts";
import { topicAccessErrors } from "../service-files/topic-access.ts";
import { type CodeScan, scanCode } from "./code-scan.ts";
import { draftDescriptor } from "./descriptor-draft.ts";
import type { FolderKind } from "./folder-kind.ts";
import { renderKustomize } from "./kustomize.ts";
import { type DetectedApp, detectApp } from "./languages/detect.ts";
import type { AddServiceOptions } from "./options.ts";
import { choosePort } from "./port.ts";

/** Everything that add-service would do to one folder; nothing of it is done. */
export interface Plan {
  descriptor: ServiceDescriptor;
  /** What the folder is, in one line. */
  detected: string;
  changes: FileChange[];
  /** Files that are there, differ from what would be written, and stay as they are. */
  kept: string[];
  /** What the person should know beside. */
  notes: string[];
}

export interface PlanInputs {
  root: string;
  source: SourceFolder;
  /** Where the service is, or will be: relative to the root, or absolute elsewhere. */
  folder: string;
  folderKind: FolderKind;
  options: AddServiceOptions;
  services: readonly LocatedService[];
}

/**
 * Throws one sentence when the folder is no service, or when what would be written is not valid.
 */
export function planService(inputs: PlanInputs): Plan {
  const { source, folder, folderKind, options } = inputs;
  const existing = readExistingDescriptor(inputs);
  if (folderKind === "services" && usesKit(source)) return planKitService(inputs, existing);
  // Whatever it is written in: it says all by itself.
  if (existing && source.has("Dockerfile")) return planDescribedService(inputs, existing);
  const program = detectApp(source, options.lang);
  const endpoints = scanCode(source, program.commandSetsPort);
  const template = adoptedTemplateFolder(program.language);
  const ownImage = source.has("Dockerfile") && !options.force;
  const descriptor =
    existing ?? draftValidDescriptor(inputs, program, endpoints, ownImage ? undefined : templateVersion(template));
  const rendered = renderAdoptedTemplate(template, dockerfileValues(program, descriptor));
  // What the image leaves out belongs to how it is made.
  if (ownImage)
    for (const file of [...rendered.keys()]) if (!file.includes("ignore") || source.has(file)) rendered.delete(file);
  const service = { ...descriptor, folder, standalone: true };
  const files = new Map([
    ...rendered,
    ["plinth.json", descriptorFile(source, descriptor, existing)],
    ...(options.kustomize ? renderKustomize(service) : []),
  ]);
  return {
    ...splitChanges(inputs, files),
    descriptor,
    detected: `${program.language} (${program.evidence})${ownImage ? ", with a Dockerfile of its own" : ""}`,
    notes: [
      ...planNotes(endpoints, descriptor),
      ...(ownImage ? ["Its own Dockerfile says how the image is made: 'make checklist' judges it."] : []),
    ],
  };
}

/** A service that has its Dockerfile and descriptor: whatever else is asked for. */
function planDescribedService(inputs: PlanInputs, descriptor: ServiceDescriptor): Plan {
  const { source, folder, options } = inputs;
  const service = { ...descriptor, folder, standalone: true };
  const files = new Map([
    ["plinth.json", descriptorFile(source, descriptor, descriptor)],
    ...(options.kustomize ? renderKustomize(service) : []),
  ]);
  return {
    ...splitChanges(inputs, files),
    descriptor,
    detected: "a service with a Dockerfile and a plinth.json",
    notes: [],
  };
}

/**
 * What the service says of itself already; only its name and port can be asked to be others, since
 * those may belong to a service here.
 */
function readExistingDescriptor({ source, folder, options, services }: PlanInputs): ServiceDescriptor | undefined {
  if (!source.has("plinth.json") || options.force) return undefined;
  const descriptor = parseDescriptor(join(folder, "plinth.json"), source.read("plinth.json"));
  const { name = descriptor.name, port = descriptor.port } = options;
  assertNameUnused(name, folder, services);
  return { ...descriptor, name, port: choosePort(services, name, port) };
}

/** As the file has it while nothing of it is to change: its owner's way of writing it stays. */
function descriptorFile(
  project: SourceFolder,
  descriptor: ServiceDescriptor,
  existing: ServiceDescriptor | undefined,
): string {
  const text = existing && project.read("plinth.json");
  return text !== undefined && isDeepStrictEqual(JSON.parse(text), descriptor) ? text : formatDescriptor(descriptor);
}

/** A service of this repository on `@plinth/kit`: services/Dockerfile makes its image. */
function planKitService(inputs: PlanInputs, existing: ServiceDescriptor | undefined): Plan {
  const { source, folder, options } = inputs;
  if (!source.has("main.ts")) throw new Error(`${folder} is on the kit, but has no main.ts to start`);
  if (options.kustomize)
    throw new Error(
      `KUSTOMIZE is for services with an image of their own; ${folder} is built and deployed by this repository`,
    );
  const program: DetectedApp = {
    language: "node",
    evidence: "it is on @plinth/kit",
    command: ["node", `${folder}/main.ts`],
    build: [],
    dockerfileValues: {},
  };
  const endpoints: CodeScan = {
    ...scanCode(source),
    live: "/health",
    ready: "/ready",
    metrics: "/metrics",
    openapi: "/openapi.json",
    missingPaths: [],
  };
  const descriptor = existing ?? draftValidDescriptor(inputs, program, endpoints, undefined);
  const files = new Map([["plinth.json", descriptorFile(source, descriptor, existing)]]);
  return {
    ...splitChanges(inputs, files),
    descriptor,
    detected: "node (on @plinth/kit)",
    notes: planNotes(endpoints, descriptor),
  };
}

function draftValidDescriptor(
  { source, folder, options, services }: PlanInputs,
  program: DetectedApp,
  endpoints: CodeScan,
  template: ServiceDescriptor["template"],
) {
  const name = options.name ?? toServiceName(basename(folder));
  const drafted = draftDescriptor({
    name,
    app: program,
    scan: endpoints,
    options,
    services,
    readmeSummary: readmeSummary(source),
    template,
  });
  // The program reads it by the same rules.
  const descriptor = parseDescriptor("plinth.json", formatDescriptor(drafted));
  assertNameUnused(name, folder, services);
  const faults = topicAccessErrors(descriptor).filter((fault) => fault.startsWith("it produces"));
  if (faults.length > 0) throw new Error(`${name}: ${faults.join("; ")}`);
  return descriptor;
}

export function assertNameUnused(name: string, folder: string, services: readonly LocatedService[]): void {
  const twin = services.find((service) => service.name === name && service.folder !== folder);
  if (twin) throw new Error(`${twin.folder} is called '${name}' already: choose another name with NAME=…`);
}

export function dockerfileValues(program: DetectedApp, { port, probes }: ServiceDescriptor): Record<string, string> {
  return { ...program.dockerfileValues, port: String(port), live: probes.live };
}

/** Which files change, and which stay because nobody asked to replace them. */
function splitChanges({ root, source, folder, folderKind, options }: PlanInputs, files: Map<string, string>) {
  const more =
    folderKind === "services" && !usesKit(source) && source.has("package.json")
      ? excludeFromWorkspaces(root, folder)
      : [];
  const label = (file: string) =>
    folderKind === "elsewhere" ? join(folder, file) : relative(root, join(root, folder, file));
  const wanted = [...files].map(([file, content]) => ({
    file: join(source.folder, file),
    label: label(file),
    content,
  }));
  const changed = effectiveChanges(wanted);
  // Another name or port was asked for in so many words.
  const asked = ({ file }: FileChange) =>
    basename(file) === "plinth.json" && (options.name ?? options.port) !== undefined;
  const held = options.force ? [] : changed.filter((change) => currentContent(change) !== undefined && !asked(change));
  return {
    changes: [...changed.filter((change) => !held.includes(change)), ...more],
    kept: held.map((change) => change.label),
  };
}

/**
 * npm would take a package in `services/` for one of this repository's own, whose packages its
 * lockfile must list.
 */
export function excludeFromWorkspaces(root: string, folder: string): FileChange[] {
  const file = join(root, "package.json");
  const text = currentContent({ file })!;
  const { workspaces } = JSON.parse(text) as { workspaces: string[] };
  if (workspaces.includes(`!${folder}`)) return [];
  return [
    {
      file,
      label: "package.json",
      content: text.replace(/("workspaces": \[[^\]]*?)(\s*\])/, `$1,\n    "!${folder}"$2`),
    },
  ];
}

function planNotes({ missingPaths, fixedPort, live }: CodeScan, descriptor: ServiceDescriptor): string[] {
  const seen =
    missingPaths.length > 0
      ? [
          `Its code seems to have no ${missingPaths.join(", ")}: 'make checklist SERVICE=${descriptor.name}' tells what that means.`,
        ]
      : [];
  const root =
    live === "/" && missingPaths.includes("/health")
      ? ["It counts as alive when / answers 2xx: change 'probes' in plinth.json when that is wrong."]
      : [];
  const port =
    fixedPort === undefined
      ? []
      : [`It listens on ${fixedPort} whatever PORT says, so it cannot be moved: let it read PORT.`];
  return [
    ...seen,
    ...root,
    ...port,
    ...topicAccessErrors(descriptor).map((fault) => `${fault[0]!.toUpperCase()}${fault.slice(1)}.`),
  ];
}

function readmeSummary(project: SourceFolder): string | undefined {
  if (!project.has("README.md")) return undefined;
  const line = project
    .read("README.md")
    .split("\n")
    .find((one) => /^[A-Za-z]/.test(one));
  return line?.trim().slice(0, 120).replace(/[.:]$/, "");
}

/** A name that a descriptor takes, of whatever a folder is called. */
function toServiceName(folder: string): string {
  return folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 40);
}

function usesKit(project: SourceFolder): boolean {
  return project.search(/["']@plinth\/kit\//) !== undefined;
}

/** How a submodule of that name is called. */
export function submoduleFolder(name: string): string {
  return `${PACKAGES}/${toServiceName(name)}`;
}
