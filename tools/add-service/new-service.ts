import { join } from "node:path";
import { type LocatedService, parseDescriptor } from "../../components/descriptor.ts";
import { renderTemplate, templateFolder, templateVersion } from "../../templates/template.ts";
import type { Change } from "./change.ts";
import { descriptorText } from "./descriptor-text.ts";
import { kustomizeFiles } from "./kustomize.ts";
import type { Options } from "./options.ts";
import type { Place } from "./place.ts";
import { asideOfWorkspaces, type Plan, refuseTwin } from "./plan.ts";
import { choosePort } from "./ports.ts";

export interface NewServiceInputs {
  root: string;
  /** Relative to the root, or absolute elsewhere. Nothing is there yet. */
  folder: string;
  place: Place;
  options: Options & Required<Pick<Options, "new" | "name">>;
  services: readonly LocatedService[];
}

/** A whole service from the template of its language. Throws one sentence for a name or port that will not do. */
export function planNewService({ root, folder, place, options, services }: NewServiceInputs): Plan {
  const { new: language, name } = options;
  refuseTwin(name, folder, services);
  const source = templateFolder(language);
  const files = renderTemplate(source, { name, port: choosePort(services, name, options.port) });
  const template = templateVersion(source);
  const descriptor = parseDescriptor(join(folder, "plinth.json"), JSON.stringify({ ...JSON.parse(files.get("plinth.json")!), template }));
  files.set("plinth.json", descriptorText(descriptor));
  if (options.kustomize) for (const [file, text] of kustomizeFiles({ ...descriptor, folder, standsAlone: true })) files.set(file, text);
  const base = place === "elsewhere" ? folder : join(root, folder);
  const changes: Change[] = [...files].map(([file, after]) => ({ file: join(base, file), label: join(folder, file), after }));
  const workspaces = place === "services" && files.has("package.json") ? asideOfWorkspaces(root, folder) : [];
  return {
    descriptor,
    detected: `${language}, from template version ${template.version}`,
    changes: [...changes, ...workspaces],
    kept: [],
    notes: [],
  };
}
