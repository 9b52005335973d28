import { join } from "node:path";
import { type LocatedService, parseDescriptor } from "../../components/service/descriptor.ts";
import { renderTemplate, templateFolder, templateVersion } from "../../templates/template.ts";
import { formatDescriptor } from "../service-files/descriptor-format.ts";
import type { FileChange } from "../service-files/file-change.ts";
import type { FolderKind } from "./folder-kind.ts";
import { renderKustomize } from "./kustomize.ts";
import { assertNameUnused } from "./names.ts";
import type { AddServiceOptions } from "./options.ts";
import { choosePort } from "./port.ts";
import { schemaReference } from "./schema-reference.ts";
import type { Plan } from "./service-plan.ts";
import { excludeFromWorkspaces } from "./workspaces.ts";

export interface NewServiceInputs {
  root: string;
  /** Empty or missing; relative to the root, or absolute elsewhere. */
  folder: string;
  folderKind: FolderKind;
  options: AddServiceOptions & Required<Pick<AddServiceOptions, "new" | "name">>;
  services: readonly LocatedService[];
}

/**
 * Plans a whole service from the template of its language.
 *
 * @throws {@link UserError} for a name or port that is taken
 */
export function planNewService({ root, folder, folderKind, options, services }: NewServiceInputs): Plan {
  const { new: language, name } = options;
  assertNameUnused(name, folder, services);
  const source = templateFolder(language);
  const files = renderTemplate(source, { name, port: choosePort(services, name, options.port) });
  const template = templateVersion(source);
  const descriptor = parseDescriptor(
    join(folder, "plinth.json"),
    JSON.stringify({ ...schemaReference(folder, folderKind), ...JSON.parse(files.get("plinth.json")!), template }),
  );
  files.set("plinth.json", formatDescriptor(descriptor));
  if (options.kustomize)
    for (const [file, text] of renderKustomize({ ...descriptor, folder, standalone: true })) files.set(file, text);
  const base = folderKind === "elsewhere" ? folder : join(root, folder);
  const changes: FileChange[] = [...files].map(([file, content]) => ({
    file: join(base, file),
    label: join(folder, file),
    content,
  }));
  const workspaces = folderKind === "services" && files.has("package.json") ? excludeFromWorkspaces(root, folder) : [];
  return {
    descriptor,
    detected: `${language}, from template version ${template.version}`,
    changes: [...changes, ...workspaces],
    kept: [],
    notes: [],
  };
}
