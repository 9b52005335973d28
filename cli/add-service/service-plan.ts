import { basename, join, relative } from "node:path";
import type { LocatedService } from "../../components/service/descriptor.ts";
import type { ServiceDescriptor } from "../../components/service/descriptor-rule.ts";
import { currentContent, effectiveChanges, type FileChange } from "../service-files/file-change.ts";
import type { SourceFolder } from "../service-files/source-folder.ts";
import { topicAccessErrors } from "../service-files/topic-access.ts";
import type { CodeScan } from "./code-scan.ts";
import type { FolderKind } from "./folder-kind.ts";
import type { AddServiceOptions } from "./options.ts";
import { excludeFromWorkspaces } from "./workspaces.ts";

/** Everything that add-service would do to one folder; nothing of it is done yet. */
export interface Plan {
  descriptor: ServiceDescriptor;
  /** What add-service detected in the folder, in one line. */
  detected: string;
  changes: FileChange[];
  /** Existing files that differ from the generated ones and stay as they are. */
  kept: string[];
  /** Further remarks for the person. */
  notes: string[];
}

export interface PlanInputs {
  root: string;
  source: SourceFolder;
  /** Present or future folder of the service: relative to the root, or absolute elsewhere. */
  folder: string;
  folderKind: FolderKind;
  options: AddServiceOptions;
  services: readonly LocatedService[];
}

/** Whether a service of this repository is written on `@plinth/kit`. */
export function usesKit(source: SourceFolder): boolean {
  return source.search(/["']@plinth\/kit\//) !== undefined;
}

/**
 * Splits the generated files into changes and existing files that are kept unless FORCE is given.
 */
export function planChanges(
  { root, source, folder, folderKind, options }: PlanInputs,
  files: Map<string, string>,
): Pick<Plan, "changes" | "kept"> {
  const workspaceChanges =
    folderKind === "services" && !usesKit(source) && source.has("package.json")
      ? excludeFromWorkspaces(root, folder)
      : [];
  const label = (file: string) =>
    folderKind === "elsewhere" ? join(folder, file) : relative(root, join(root, folder, file));
  const changed = effectiveChanges(
    [...files].map(([file, content]) => ({ file: join(source.folder, file), label: label(file), content })),
  );
  // NAME and PORT ask for a change of the descriptor explicitly.
  const isRequested = ({ file }: FileChange) =>
    basename(file) === "plinth.json" && (options.name ?? options.port) !== undefined;
  const kept = options.force
    ? []
    : changed.filter((change) => currentContent(change) !== undefined && !isRequested(change));
  return {
    changes: [...changed.filter((change) => !kept.includes(change)), ...workspaceChanges],
    kept: kept.map((change) => change.label),
  };
}

/** What the person should know about the code and its topics. */
export function planNotes({ missingPaths, fixedPort, live }: CodeScan, descriptor: ServiceDescriptor): string[] {
  const notes: string[] = [];
  if (missingPaths.length > 0)
    notes.push(
      `Its code seems to have no ${missingPaths.join(", ")}: 'make checklist SERVICE=${descriptor.name}' explains what that means.`,
    );
  if (live === "/" && missingPaths.includes("/health"))
    notes.push("It counts as alive when / answers 2xx: change 'probes' in plinth.json when that is wrong.");
  if (fixedPort !== undefined)
    notes.push(`It listens on ${fixedPort} whatever PORT says, so it cannot be moved: let it read PORT.`);
  return [...notes, ...topicAccessErrors(descriptor).map((error) => `${error[0]!.toUpperCase()}${error.slice(1)}.`)];
}
