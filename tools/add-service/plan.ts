import { basename, join, relative } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type LocatedService, parseDescriptor, type ServiceDescriptor } from "../../components/descriptor.ts";
import { PACKAGES } from "../../components/packages.ts";
import { templateVersion } from "../../templates/template.ts";
import { adoptedFolder, renderAdopted } from "./adopted.ts";
import { before, type Change, realChanges } from "./change.ts";
import { draftDescriptor } from "./descriptor-draft.ts";
import { descriptorText } from "./descriptor-text.ts";
import { detectEndpoints, type Endpoints } from "./endpoints.ts";
import { kustomizeFiles } from "./kustomize.ts";
import type { Options } from "./options.ts";
import type { Place } from "./place.ts";
import { choosePort } from "./ports.ts";
import { detectProgram, type Program } from "./program.ts";
import type { Project } from "./project.ts";
import { topicFaults } from "./topics.ts";

/** Everything that add-service would do to one folder; nothing of it is done. */
export interface Plan {
  descriptor: ServiceDescriptor;
  /** What the folder is, in one line. */
  detected: string;
  changes: Change[];
  /** Files that are there, differ from what would be written, and stay as they are. */
  kept: string[];
  /** What the person should know beside. */
  notes: string[];
}

export interface PlanInputs {
  root: string;
  project: Project;
  /** Where the service is, or will be: relative to the root, or absolute elsewhere. */
  folder: string;
  place: Place;
  options: Options;
  services: readonly LocatedService[];
}

/** Throws one sentence when the folder is no service, or when what would be written is not valid. */
export function planService(inputs: PlanInputs): Plan {
  const { project, folder, place, options } = inputs;
  const existing = describedBefore(inputs);
  if (place === "services" && isOnTheKit(project)) return onTheKit(inputs, existing);
  // Whatever it is written in: it says all by itself.
  if (existing && project.has("Dockerfile")) return described(inputs, existing);
  const program = detectProgram(project, options.lang);
  const endpoints = detectEndpoints(project, program.portByCommand);
  const source = adoptedFolder(program.language);
  const ownImage = project.has("Dockerfile") && !options.force;
  const descriptor = existing ?? draft(inputs, program, endpoints, ownImage ? undefined : templateVersion(source));
  const rendered = renderAdopted(source, imageValues(program, descriptor));
  // What the image leaves out belongs to how it is made.
  if (ownImage) for (const file of [...rendered.keys()]) if (!file.includes("ignore") || project.has(file)) rendered.delete(file);
  const service = { ...descriptor, folder, standsAlone: true };
  const files = new Map([
    ...rendered,
    ["plinth.json", textOf(project, descriptor, existing)],
    ...(options.kustomize ? kustomizeFiles(service) : []),
  ]);
  return {
    ...sortOut(inputs, files),
    descriptor,
    detected: `${program.language} (${program.because})${ownImage ? ", with a Dockerfile of its own" : ""}`,
    notes: [
      ...notesOf(endpoints, descriptor),
      ...(ownImage ? ["Its own Dockerfile says how the image is made: 'make checklist' judges it."] : []),
    ],
  };
}

/** A service that has its Dockerfile and descriptor: whatever else is asked for. */
function described(inputs: PlanInputs, descriptor: ServiceDescriptor): Plan {
  const { project, folder, options } = inputs;
  const service = { ...descriptor, folder, standsAlone: true };
  const files = new Map([["plinth.json", textOf(project, descriptor, descriptor)], ...(options.kustomize ? kustomizeFiles(service) : [])]);
  return { ...sortOut(inputs, files), descriptor, detected: "a service with a Dockerfile and a plinth.json", notes: [] };
}

/** What the service says of itself already; only its name and port can be asked to be others, since those may belong to a service here. */
function describedBefore({ project, folder, options, services }: PlanInputs): ServiceDescriptor | undefined {
  if (!project.has("plinth.json") || options.force) return undefined;
  const descriptor = parseDescriptor(join(folder, "plinth.json"), project.text("plinth.json"));
  const { name = descriptor.name, port = descriptor.port } = options;
  refuseTwin(name, folder, services);
  return { ...descriptor, name, port: choosePort(services, name, port) };
}

/** As the file has it while nothing of it is to change: its owner's way of writing it stays. */
function textOf(project: Project, descriptor: ServiceDescriptor, existing: ServiceDescriptor | undefined): string {
  const text = existing && project.text("plinth.json");
  return text !== undefined && isDeepStrictEqual(JSON.parse(text), descriptor) ? text : descriptorText(descriptor);
}

/** A service of this repository on `@plinth/kit`: services/Dockerfile makes its image. */
function onTheKit(inputs: PlanInputs, existing: ServiceDescriptor | undefined): Plan {
  const { project, folder, options } = inputs;
  if (!project.has("main.ts")) throw new Error(`${folder} is on the kit, but has no main.ts to start`);
  if (options.kustomize)
    throw new Error(`KUSTOMIZE is for services with an image of their own; ${folder} is built and deployed by this repository`);
  const program: Program = {
    language: "node",
    because: "it is on @plinth/kit",
    command: ["node", `${folder}/main.ts`],
    build: [],
    image: {},
  };
  const endpoints: Endpoints = {
    ...detectEndpoints(project),
    live: "/health",
    ready: "/ready",
    metrics: "/metrics",
    openapi: "/openapi.json",
    missing: [],
  };
  const descriptor = existing ?? draft(inputs, program, endpoints, undefined);
  const files = new Map([["plinth.json", textOf(project, descriptor, existing)]]);
  return { ...sortOut(inputs, files), descriptor, detected: "node (on @plinth/kit)", notes: notesOf(endpoints, descriptor) };
}

function draft(
  { project, folder, options, services }: PlanInputs,
  program: Program,
  endpoints: Endpoints,
  template: ServiceDescriptor["template"],
) {
  const name = options.name ?? asName(basename(folder));
  const drafted = draftDescriptor({ name, program, endpoints, options, services, about: aboutOf(project), template });
  // The program reads it by the same rules.
  const descriptor = parseDescriptor("plinth.json", descriptorText(drafted));
  refuseTwin(name, folder, services);
  const faults = topicFaults(descriptor).filter((fault) => fault.startsWith("it produces"));
  if (faults.length > 0) throw new Error(`${name}: ${faults.join("; ")}`);
  return descriptor;
}

export function refuseTwin(name: string, folder: string, services: readonly LocatedService[]): void {
  const twin = services.find((service) => service.name === name && service.folder !== folder);
  if (twin) throw new Error(`${twin.folder} is called '${name}' already: choose another name with NAME=…`);
}

export function imageValues(program: Program, { port, probes }: ServiceDescriptor): Record<string, string> {
  return { ...program.image, port: String(port), live: probes.live };
}

/** Which files change, and which stay because nobody asked to replace them. */
function sortOut({ root, project, folder, place, options }: PlanInputs, files: Map<string, string>) {
  const more = place === "services" && !isOnTheKit(project) && project.has("package.json") ? asideOfWorkspaces(root, folder) : [];
  const label = (file: string) => (place === "elsewhere" ? join(folder, file) : relative(root, join(root, folder, file)));
  const wanted = [...files].map(([file, after]) => ({ file: join(project.folder, file), label: label(file), after }));
  const changed = realChanges(wanted);
  // Another name or port was asked for in so many words.
  const asked = ({ file }: Change) => basename(file) === "plinth.json" && (options.name ?? options.port) !== undefined;
  const held = options.force ? [] : changed.filter((change) => before(change) !== undefined && !asked(change));
  return { changes: [...changed.filter((change) => !held.includes(change)), ...more], kept: held.map((change) => change.label) };
}

/** npm would take a package in `services/` for one of this repository's own, whose packages its lockfile must list. */
export function asideOfWorkspaces(root: string, folder: string): Change[] {
  const file = join(root, "package.json");
  const text = before({ file })!;
  const { workspaces } = JSON.parse(text) as { workspaces: string[] };
  if (workspaces.includes(`!${folder}`)) return [];
  return [{ file, label: "package.json", after: text.replace(/("workspaces": \[[^\]]*?)(\s*\])/, `$1,\n    "!${folder}"$2`) }];
}

function notesOf({ missing, fixedPort, live }: Endpoints, descriptor: ServiceDescriptor): string[] {
  const seen =
    missing.length > 0
      ? [`Its code seems to have no ${missing.join(", ")}: 'make checklist SERVICE=${descriptor.name}' tells what that means.`]
      : [];
  const root =
    live === "/" && missing.includes("/health")
      ? ["It counts as alive when / answers 2xx: change 'probes' in plinth.json when that is wrong."]
      : [];
  const port = fixedPort === undefined ? [] : [`It listens on ${fixedPort} whatever PORT says, so it cannot be moved: let it read PORT.`];
  return [...seen, ...root, ...port, ...topicFaults(descriptor).map((fault) => `${fault[0]!.toUpperCase()}${fault.slice(1)}.`)];
}

function aboutOf(project: Project): string | undefined {
  if (!project.has("README.md")) return undefined;
  const line = project
    .text("README.md")
    .split("\n")
    .find((one) => /^[A-Za-z]/.test(one));
  return line?.trim().slice(0, 120).replace(/[.:]$/, "");
}

/** A name that a descriptor takes, of whatever a folder is called. */
function asName(folder: string): string {
  return folder
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+|-+$/g, "")
    .slice(0, 40);
}

function isOnTheKit(project: Project): boolean {
  return project.find(/["']@plinth\/kit\//) !== undefined;
}

/** How a submodule of that name is called. */
export function packageFolder(name: string): string {
  return `${PACKAGES}/${asName(name)}`;
}
