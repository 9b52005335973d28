import { spawn } from "node:child_process";
import { findProgram } from "@plinth/local/locations.ts";

/** A program of this machine that a person uses by hand. */
export interface ClientProgram {
  /** The first of these that is there. */
  names: string[];
  /** Debian's package. */
  apt: string;
  args: string[];
  /** Passwords go here, never among the arguments: those anybody on this machine can read. */
  environment: Record<string, string>;
}

/**
 * Runs it on this terminal and resolves to its exit code. Throws one sentence with the command that
 * installs it when it is missing.
 */
export function runClientProgram({ names, apt, args, environment }: ClientProgram): Promise<number> {
  const program = names.map(findProgram).find((path) => path !== undefined);
  if (program === undefined) throw new Error(`${names[0]} is missing. Type: apt-get install -y ${apt}`);
  const child = spawn(program, args, { env: { ...process.env, ...environment }, stdio: "inherit" });
  // Ctrl-C is the program's own: psql cancels a query by it.
  const leave = () => undefined;
  process.on("SIGINT", leave);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("SIGINT", leave);
      resolve(code ?? 1);
    });
  });
}
