import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import type { Tool } from "../tool.ts";

/** As toolchain/observability/amtool/go.mod requires it. */
const ALERTMANAGER_VERSION = "0.34.1";
/** As toolchain/observability/alloy-syntax/go.mod requires it. */
const SYNTAX_VERSION = "0.1.0";

/** Alertmanager's and Alloy's own parsers, by which tests judge configurations. */
export const configCheckersTool: Tool = {
  name: "amtool",
  remedy: "make test",
  find: async () =>
    existsSync(amtoolProgram()) && existsSync(alloySyntaxProgram())
      ? { version: ALERTMANAGER_VERSION, from: "built from Go modules" }
      : undefined,
  install: {
    duration: "built from its Go modules: 1 to 3 minutes, once",
    check: async () => void (await findCompiler()),
    async run(progress) {
      const go = await findCompiler();
      progress("building it from its Go modules, 1 to 3 minutes");
      const sources = {
        amtool: "github.com/prometheus/alertmanager/cmd/amtool",
        "alloy-syntax": "plinth.dev/alloy-syntax",
      };
      await fillAtomically(directory(), async (folder) => {
        for (const [name, main] of Object.entries(sources))
          await buildGoPrograms(
            go,
            { module: join(import.meta.dirname, name), packages: [main], variables: {} },
            folder,
          );
      });
    },
  },
};

/** Alertmanager's tool: `amtool check-config FILE`. */
export function amtoolProgram(): string {
  return join(directory(), "amtool");
}

/** Parses the file of its argument as Alloy does. */
export function alloySyntaxProgram(): string {
  return join(directory(), "alloy-syntax");
}

function directory(): string {
  return join(cacheDirectory(), `config-checkers-${ALERTMANAGER_VERSION}-${SYNTAX_VERSION}`);
}

function findCompiler(): Promise<string> {
  return requireGo(
    "amtool, which checks the configuration of a cluster's Alertmanager, cannot be built",
    ["amtool", "alloy-syntax"].map((name) => join(import.meta.dirname, name)),
  );
}
