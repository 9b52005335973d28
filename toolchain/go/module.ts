import { copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { UserError } from "@plinth/local/user-error.ts";
import { runCommand } from "../command.ts";

/** One release of a Go module, with the checksum as in go.sum. */
export interface GoModule {
  path: string;
  version: string;
  sum: string;
}

/**
 * Folder of the module in Go's cache; downloads it when missing.
 *
 * @throws {@link UserError} when the checksum is another one
 */
export async function downloadGoModule(go: string, { path, version, sum }: GoModule): Promise<string> {
  const answer = await runCommand(go, ["mod", "download", "-json", `${path}@${version}`], { cwd: "/", seconds: 300 });
  const { Dir, Sum } = JSON.parse(answer.slice(answer.indexOf("{"))) as { Dir: string; Sum: string };
  if (Sum !== sum)
    throw new UserError(
      `${path}@${version} has checksum ${Sum}, but ${sum} was expected: do not use it before you know why`,
    );
  return Dir;
}

/** Copies the YAML files of a folder one by one: a copy of a folder in Go's cache is read-only. */
export function copyYaml(from: string, to: string, files = /\.yaml$/): void {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => files.test(name)))
    copyFileSync(join(from, file), join(to, file));
}
