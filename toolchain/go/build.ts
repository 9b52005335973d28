import { mkdirSync, renameSync, rmSync } from "node:fs";
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
