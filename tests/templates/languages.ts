import { programOnPath } from "@plinth/runtime/locations.ts";
import type { Language } from "../../templates/template.ts";
import { installWithApt, remedyWithApt } from "../../tools/parts/apt.ts";
import type { Part } from "../../tools/parts/part.ts";
import { run } from "../../tools/parts/run.ts";
import { setup } from "../../tools/setup.ts";

type Command = [program: string, ...args: string[]];

interface Toolchain {
  /** What each template's README tells its owner to run before a commit. */
  checks: Command[];
  /** Programs that build and run it. Node is there, or this would not run. */
  parts: Part[];
  /** False: the template says itself that it reads and writes no events. */
  events: boolean;
}

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
    parts: [part("Go", "golang-go", () => programOnPath("go"))],
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
      part("PHP", "php-cli", () => programOnPath("php")),
      part("php-fpm", "php-fpm", async () =>
        programOnPath("php") ? found("php", ["-r", "exit(glob('/usr/sbin/php-fpm*') ? 0 : 1);"]) : undefined,
      ),
      part("APCu of PHP", "php-apcu", async () =>
        programOnPath("php") ? found("php", ["-r", "exit(extension_loaded('apcu') ? 0 : 1);"]) : undefined,
      ),
      part("nginx", "nginx", async () => found("nginx", ["-v"])),
    ],
    events: false,
  },
};

export function checksOf(language: Language): Command[] {
  return toolchains[language].checks;
}

export function readsEvents(language: Language): boolean {
  return toolchains[language].events;
}

/** Brings what this machine lacks to build and run a template. False, and the command that would, when it cannot be brought. */
export async function canRun(language: Language): Promise<boolean> {
  try {
    await setup(toolchains[language].parts);
    return true;
  } catch (error) {
    console.error(`    SKIPPED: the ${language} template is not proved by this run. ${(error as Error).message}`);
    return false;
  }
}

/** A program that Debian has a package of. */
function part(name: string, packageName: string, look: () => string | undefined | Promise<string | undefined>): Part {
  return {
    name,
    remedy: remedyWithApt(packageName),
    find: async () => {
      const from = await look();
      return from === undefined ? undefined : { version: "present", from };
    },
    ...installWithApt(packageName, "some seconds, once"),
  };
}

/** Python can be there without what makes virtual environments. */
async function pythonWithVenv(): Promise<string | undefined> {
  return programOnPath("python3") ? found("python3", ["-c", "import venv, ensurepip"]) : undefined;
}

/** The program's name when it succeeds with these arguments. */
function found(program: string, args: string[]): Promise<string | undefined> {
  return run(program, args, { seconds: 20 }).then(
    () => program,
    () => undefined,
  );
}
