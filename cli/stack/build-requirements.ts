import { existsSync } from "node:fs";
import { join } from "node:path";
import { findProgram, root } from "@plinth/local/locations.ts";
import { UserError } from "@plinth/local/user-error.ts";
import { aptCommand } from "@plinth/toolchain/apt.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { requireGo } from "@plinth/toolchain/go/compiler.ts";
import type { LocatedService } from "../../components/service/descriptor.ts";

type BuiltService = Pick<LocatedService, "name" | "folder"> & {
  build?: readonly (readonly string[])[] | undefined;
  command: readonly string[];
};

/** Debian's packages of programs that services are built or run with. */
const PACKAGES: Record<string, string> = { python3: "python3", php: "php-cli", npm: "npm", composer: "composer" };

/**
 * Looks for what services are built and run with, before the first one is built.
 *
 * @throws {@link UserError} with a line for each program that is missing or too old, and the
 *   command that installs it
 */
export async function requireBuildPrograms(services: readonly BuiltService[]): Promise<void> {
  const complaints = await Promise.all(services.flatMap(whatIsMissing));
  const sentences = [...new Set(complaints.filter((sentence) => sentence !== undefined))];
  if (sentences.length > 0) throw new UserError(sentences.join("\n"));
}

function whatIsMissing({ name, folder, build = [], command }: BuiltService): Promise<string | undefined>[] {
  const failure = `Service '${name}' cannot be built`;
  return [...build, command].map(async ([program = "", ...args]) => {
    // What is in its folder, an earlier command makes; this project brings Node.
    if (program === "node" || program.includes("/")) return undefined;
    const module = join(root, folder);
    // Without a go.mod at hand, Go itself says what it lacks.
    if (program === "go" && existsSync(join(module, "go.mod"))) return messageOf(requireGo(failure, [module]));
    if (program === "go" && findProgram("go") === undefined) return messageOf(requireGo(failure));
    if (findProgram(program) === undefined) return `${failure} or run (no ${program}). Type: ${remedyOf(program)}`;
    // Debian's Python lacks virtual environments until python3-venv is installed.
    if (program === "python3" && args.join(" ").startsWith("-m venv"))
      return runCommand(program, ["-c", "import venv, ensurepip"], { seconds: 20 }).then(
        () => undefined,
        () => `${failure} (no virtual environments in python3). Type: ${aptCommand("python3-venv")}`,
      );
    return undefined;
  });
}

function remedyOf(program: string): string {
  return PACKAGES[program] === undefined ? `install ${program}` : aptCommand(PACKAGES[program]);
}

function messageOf(work: Promise<unknown>): Promise<string | undefined> {
  return work.then(
    () => undefined,
    (error: Error) => error.message,
  );
}
