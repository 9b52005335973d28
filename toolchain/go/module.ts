import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../command.ts";

/** One release of a Go module, and the checksum that its go.sum line would carry. */
export interface GoModule {
  path: string;
  version: string;
  sum: string;
}

/**
 * Folder of the module's files in Go's own cache, downloaded when missing. @throws when what was
 * downloaded is not what was pinned
 */
export async function downloadGoModule(go: string, { path, version, sum }: GoModule): Promise<string> {
  const answer = await runCommand(go, ["mod", "download", "-json", `${path}@${version}`], { cwd: "/", seconds: 300 });
  const { Dir, Sum } = JSON.parse(answer.slice(answer.indexOf("{"))) as { Dir: string; Sum: string };
  if (Sum !== sum)
    throw new Error(
      `${path}@${version} has checksum ${Sum}, but ${sum} was expected: do not use it before you know why`,
    );
  return Dir;
}

/**
 * Copies the YAML files of a folder, file by file: Go's cache is read-only, and so would be a copy
 * of its folders.
 */
export function copyYaml(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => name.endsWith(".yaml")))
    copyFileSync(join(from, file), join(to, file));
}
