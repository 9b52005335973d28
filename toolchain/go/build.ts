import { mkdirSync, renameSync, rmSync } from "node:fs";
import { findProgram } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { runCommand } from "../command.ts";

/** Programs to compile from one Go module, whose go.mod and go.sum pin every dependency. */
export interface GoPrograms {
  /** Folder of go.mod and go.sum, absolute. */
  module: string;
  /** Import paths of the `main` packages; each becomes a program named by its last part. */
  packages: string[];
  /** Values to link, by package variable, such as the version that the program prints. */
  variables: Record<string, string>;
}

/**
 * Path of the Go compiler.
 *
 * @param failure what is impossible without Go
 * @throws {@link UserError} with the failure and where to find Go
 */
export function requireGo(failure: string): string {
  const go = findProgram("go");
  if (go === undefined)
    throw new UserError(`${failure} (no Go): install Go 1.26 or later (https://go.dev/dl), then run this again`);
  return go;
}

/** Compiles into `folder`, at a low priority that leaves the machine usable for minutes. */
export async function buildGoPrograms(
  go: string,
  { module, packages, variables }: GoPrograms,
  folder: string,
): Promise<void> {
  const links = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  const flags = ["-mod=readonly", "-trimpath", "-ldflags", ["-s", "-w", ...links].join(" ")];
  await runCommand("nice", ["-n", "10", go, "build", ...flags, "-o", folder, ...packages], {
    cwd: module,
    seconds: 3000,
  });
}

/** Fills a temporary folder and moves it to `folder` at the end, so that it is never incomplete. */
export async function fillAtomically(folder: string, work: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${folder}.${process.pid}.partial`;
  mkdirSync(partial, { recursive: true });
  try {
    await work(partial);
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
