import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { dropShellExports } from "../stack/shell-exports.ts";

/**
 * Runs a command on the stack that its first argument names (`local` by default) and sets the exit
 * code. An error ends it with exit code 1: a user's with its message alone, any other with its
 * message and the file that has its stack trace.
 */
export async function main(work: (stack: string, options: Set<string>) => Promise<number | undefined>): Promise<void> {
  const [stack, ...options] = process.argv.slice(2);
  try {
    dropShellExports();
    process.exitCode = (await work(stack || "local", new Set(options))) ?? 0;
  } catch (error) {
    console.error(describeError(error));
    process.exitCode = 1;
  }
}

/** @param file for the stack trace of an error that nobody foresaw */
export function describeError(error: unknown, file = join(root, ".plinth", "last-error.txt")): string {
  if (error instanceof UserError) return error.message;
  const trace = stackTrace(error);
  const message = error instanceof Error && error.message !== "" ? error.message : trace.split("\n")[0];
  const command = relative(root, process.argv[1] ?? "");
  try {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const facts = `${new Date().toISOString()} ${command}, Node ${process.version} on ${process.platform}`;
    writeFileSync(file, `${facts}\n${trace}\n`, { mode: 0o600 });
  } catch {
    // Where nothing can be written, the terminal gets all of it.
    return trace;
  }
  return `${message}\n(Nobody foresaw this error of ${command}: ${relative(root, file)} says where it arose.)`;
}

/**
 * Of the error and of what caused it. Their other fields stay out: a client's error may hold its
 * request, with passwords.
 */
function stackTrace(error: unknown, depth = 0): string {
  if (!(error instanceof Error)) return `Not an error but ${error === null ? "null" : typeof error} was thrown`;
  const own = error.stack || `${error.name}: ${error.message}`;
  if (error.cause === undefined || depth > 5) return own;
  return `${own}\ncaused by ${stackTrace(error.cause, depth + 1)}`;
}
