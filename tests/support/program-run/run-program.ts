import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { root } from "@plinth/local/locations.ts";

/** One run of a stack's program without an engine. */
export interface ProgramRun {
  resources: number;
  /** Milliseconds from the start of the process to the first resource. */
  firstMs: number;
  /** Resident memory at that moment. */
  firstMiB: number;
  /** Milliseconds from the import of the program to its last resource. */
  ms: number;
  /** Resident memory at the end. */
  MiB: number;
}

/**
 * Runs the program of a stack in its own process, because a program runs when its module is loaded.
 *
 * @param copies number of services that replace the discovered ones
 * @param cache folder for compiled code, as the language host has one
 */
export async function runProgram(stack: string, copies?: number, cache?: string): Promise<ProgramRun> {
  const args = [join(import.meta.dirname, "process.ts"), stack, ...(copies === undefined ? [] : [String(copies)])];
  const env = { ...process.env, ...(cache !== undefined && { NODE_COMPILE_CACHE: cache }) };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  return JSON.parse(stdout) as ProgramRun;
}
