import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import type { Tool } from "../tool.ts";

/** As toolchain/workflows/actionlint/go.mod requires it. */
const ACTIONLINT_VERSION = "1.7.12";
const MODULE = join(import.meta.dirname, "actionlint");

/** Judges the workflows as the CI that runs them does. */
export const actionlintTool: Tool = {
  name: "actionlint",
  remedy: "make test",
  find: async () =>
    existsSync(actionlintProgram()) ? { version: ACTIONLINT_VERSION, from: "built from Go modules" } : undefined,
  install: {
    duration: "built from its Go modules: 10 seconds, once",
    check: async () => void (await findCompiler()),
    async run(progress) {
      const go = await findCompiler();
      progress("building it from its Go modules, 10 seconds");
      await fillAtomically(directory(), (folder) =>
        buildGoPrograms(
          go,
          { module: MODULE, packages: ["github.com/rhysd/actionlint/cmd/actionlint"], variables: {} },
          folder,
        ),
      );
    },
  },
};

export function actionlintProgram(): string {
  return join(directory(), "actionlint");
}

function directory(): string {
  return join(cacheDirectory(), `actionlint-${ACTIONLINT_VERSION}`);
}

function findCompiler(): Promise<string> {
  return requireGo("actionlint, which checks the workflows, cannot be built", [MODULE]);
}
