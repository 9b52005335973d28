import { join } from "node:path";
import { findProgram, root } from "@plinth/local/locations.ts";
import { aptCommand, aptInstaller } from "@plinth/toolchain/apt.ts";
import { runCommand } from "@plinth/toolchain/command.ts";
import { goRemedy, requireGo } from "@plinth/toolchain/go/compiler.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import type { Tool } from "@plinth/toolchain/tool.ts";
import type { Language } from "../../../templates/template.ts";

type Command = [program: string, ...args: string[]];

interface Toolchain {
  /** The checks that each template's README lists. */
  checks: Command[];
  /** Programs that build and run it, except Node, which runs these tests. */
  parts: Tool[];
  /** False: the template neither reads nor writes events. */
  events: boolean;
}

/** Debian's package may be older than the template's go.mod asks for. */
const goTool: Tool = {
  name: "Go",
  remedy: goRemedy(),
  find: () =>
    requireGo("", [join(root, "templates", "go")]).then(
      (from) => ({ version: "present", from }),
      () => undefined,
    ),
};

const toolchains: Record<Language, Toolchain> = {
  node: {
    checks: [
      ["npm", "test"],
      ["npm", "run", "check"],
    ],
    parts: [],
    events: true,
  },
  go: {
    checks: [
      ["go", "vet", "./..."],
      ["go", "test", "./..."],
    ],
    parts: [goTool],
    events: true,
  },
  python: {
    checks: [[".venv/bin/python", "-W", "error", "-m", "unittest"]],
    parts: [part("Python", "python3-venv", pythonWithVenv)],
    events: true,
  },
  php: {
    checks: [["php", "tests/run.php"]],
    parts: [
      part("PHP", "php-cli", () => findProgram("php")),
      part("php-fpm", "php-fpm", async () =>
        findProgram("php") ? found("php", ["-r", "exit(glob('/usr/sbin/php-fpm*') ? 0 : 1);"]) : undefined,
      ),
      part("APCu of PHP", "php-apcu", async () =>
        findProgram("php") ? found("php", ["-r", "exit(extension_loaded('apcu') ? 0 : 1);"]) : undefined,
      ),
      part("nginx", "nginx", async () => found("nginx", ["-v"])),
    ],
    events: false,
  },
};

export function checkCommands(language: Language): Command[] {
  return toolchains[language].checks;
}

export function readsEvents(language: Language): boolean {
  return toolchains[language].events;
}

/**
 * Installs the missing programs of a language. Returns false, and prints the command to type, when
 * it cannot.
 */
export async function canRunLanguage(language: Language): Promise<boolean> {
  try {
    await installMissing(toolchains[language].parts);
    return true;
  } catch (error) {
    console.error(`    SKIPPED: the ${language} template is not proved by this run. ${(error as Error).message}`);
    return false;
  }
}

/** A program that a Debian package contains. */
function part(name: string, packageName: string, look: () => string | undefined | Promise<string | undefined>): Tool {
  return {
    name,
    remedy: aptCommand(packageName),
    find: async () => {
      const from = await look();
      return from === undefined ? undefined : { version: "present", from };
    },
    ...aptInstaller(packageName, "some seconds, once"),
  };
}

/** Debian's Python lacks virtual environments until python3-venv is installed. */
async function pythonWithVenv(): Promise<string | undefined> {
  return findProgram("python3") ? found("python3", ["-c", "import venv, ensurepip"]) : undefined;
}

/** The program's name when it succeeds with these arguments. */
function found(program: string, args: string[]): Promise<string | undefined> {
  return runCommand(program, args, { seconds: 20 }).then(
    () => program,
    () => undefined,
  );
}
