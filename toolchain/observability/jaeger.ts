import { join } from "node:path";
import { findObservabilityProgram, observabilityDirectory, observabilityVersion } from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import type { Tool } from "../tool.ts";

/** Keeps traces in the full profile. Its module has no page, only the query API. */
export const jaegerTool: Tool = {
  name: "Jaeger",
  remedy: "make up PROFILE=full",
  find: async () =>
    findObservabilityProgram("jaeger") && { version: observabilityVersion("jaeger"), from: "built from Go modules" },
  install: {
    duration: "built from its Go modules: 3 to 6 minutes, once",
    check: async () => void (await findCompiler()),
    async run(progress) {
      const go = await findCompiler();
      progress("building it from its Go modules, 3 to 6 minutes");
      const module = join(import.meta.dirname, "jaeger");
      const version = {
        "github.com/jaegertracing/jaeger/internal/version.latestVersion": `v${observabilityVersion("jaeger")}`,
      };
      await fillAtomically(observabilityDirectory("jaeger"), (folder) =>
        buildGoPrograms(
          go,
          { module, packages: ["github.com/jaegertracing/jaeger/cmd/jaeger"], variables: version },
          folder,
        ),
      );
    },
  },
};

function findCompiler(): Promise<string> {
  return requireGo("Jaeger cannot be built", [join(import.meta.dirname, "jaeger")]);
}
