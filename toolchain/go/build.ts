import { mkdirSync, renameSync, rmSync } from "node:fs";
import { findProgram } from "@plinth/local/locations.ts";
import { runCommand } from "../command.ts";

/**
 * Programs to compile from one module of `tools/`, whose go.mod and go.sum pin everything they are
 * made of.
 */
export interface GoPrograms {
  /** Folder of go.mod and go.sum, absolute. */
  module: string;
  /** Import paths of the `main` packages; each becomes a program named by its last part. */
  packages: string[];
  /** Package variable → the value it is linked with, such as the version that the program tells. */
  variables: Record<string, string>;
}

/** The Go compiler. @throws what cannot be had without it, and what to do */
export function requireGo(what: string): string {
  const go = findProgram("go");
  if (go === undefined)
    throw new Error(`${what} (no Go): install Go 1.26 or later (https://go.dev/dl), then run this again`);
  return go;
}

/**
 * Compiles into `folder`, at the lowest priority but one: a build of minutes must leave the machine
 * usable.
 */
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

/**
 * Fills `folder` by way of one beside it that is moved there when `work` is done: what was
 * interrupted is never taken for whole.
 */
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
