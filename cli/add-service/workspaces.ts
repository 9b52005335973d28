import { join } from "node:path";
import { currentContent, type FileChange } from "../service-files/file-change.ts";
import { readJson } from "../service-files/source-folder.ts";

/**
 * Excludes a folder of `services/` from npm's workspaces: npm would otherwise expect the packages
 * of the service in this repository's lockfile.
 */
export function excludeFromWorkspaces(root: string, folder: string): FileChange[] {
  const file = join(root, "package.json");
  const text = currentContent({ file })!;
  const { workspaces = [] } = readJson<{ workspaces?: string[] }>({ folder: root }, "package.json");
  if (workspaces.includes(`!${folder}`)) return [];
  const content = text.replace(/("workspaces": \[[^\]]*?)(\s*\])/, `$1,\n    "!${folder}"$2`);
  return [{ file, label: "package.json", content }];
}
