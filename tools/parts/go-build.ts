import { mkdirSync, renameSync, rmSync } from "node:fs";
import { programOnPath } from "@plinth/runtime/locations.ts";
import { run } from "./run.ts";

/** Programs to compile from one module of `tools/`, whose go.mod and go.sum pin everything they are made of. */
export interface GoPrograms {
  /** Folder of go.mod and go.sum, absolute. */
  module: string;
  /** Import paths of the `main` packages; each becomes a program named by its last part. */
  packages: string[];
  /** Package variable → the value it is linked with, such as the version that the program tells. */
  variables: Record<string, string>;
}

/** The Go compiler. @throws what cannot be had without it, and what to do */
export function goCompiler(what: string): string {
  const go = programOnPath("go");
  if (go === undefined) throw new Error(`${what} (no Go): install Go 1.26 or later (https://go.dev/dl), then run this again`);
  return go;
}

/** Compiles into `folder`, at the lowest priority but one: a build of minutes must leave the machine usable. */
export async function goBuild(go: string, { module, packages, variables }: GoPrograms, folder: string): Promise<void> {
  const links = Object.entries(variables).map(([name, value]) => `-X ${name}=${value}`);
  const flags = ["-mod=readonly", "-trimpath", "-ldflags", ["-s", "-w", ...links].join(" ")];
  await run("nice", ["-n", "10", go, "build", ...flags, "-o", folder, ...packages], { cwd: module, seconds: 3000 });
}

/** Fills `folder` by way of one beside it that is moved there when `work` is done: what was interrupted is never taken for whole. */
export async function whole(folder: string, work: (partial: string) => Promise<void>): Promise<void> {
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
