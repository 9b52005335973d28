import { spawn } from "node:child_process";
import { findProgram } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";

/** An interactive client program of this machine. */
export interface ClientProgram {
  /** Possible names, of which the first installed one runs. */
  names: string[];
  /** Debian's package. */
  apt: string;
  args: string[];
  /** Holds passwords: every user of this machine can read the arguments. */
  environment: Record<string, string>;
}

/**
 * The environment without the variables by which a person connects to other servers: one that is
 * left, such as PGHOSTADDR or PGSSLMODE, would send this stack's password there.
 */
export function withoutForeignServers(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(PG[A-Z]+|REDISCLI_AUTH)$/.test(name)));
}

/**
 * Runs the program on this terminal and resolves to its exit code.
 *
 * @throws {@link UserError} with the command that installs it when it is missing
 */
export function runClientProgram({ names, apt, args, environment }: ClientProgram): Promise<number> {
  const program = names.map(findProgram).find((path) => path !== undefined);
  if (program === undefined) throw new UserError(`${names[0]} is missing. Type: apt-get install -y ${apt}`);
  const env = { ...withoutForeignServers(process.env), ...environment };
  const child = spawn(program, args, { env, stdio: "inherit" });
  // Ctrl-C belongs to the program: psql cancels a query with it.
  const ignore = () => undefined;
  process.on("SIGINT", ignore);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      process.off("SIGINT", ignore);
      resolve(code ?? 1);
    });
  });
}
