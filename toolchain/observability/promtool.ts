import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import type { Tool } from "../tool.ts";

/** As toolchain/observability/promtool/go.mod requires it: v0.316 is Prometheus 3.16. */
const PROMETHEUS_VERSION = "3.16.0";

/** Prometheus' own parser and evaluator, with which tests judge dashboards and alerts. */
export const promtoolTool: Tool = {
  name: "promtool",
  remedy: "make test",
  find: async () =>
    existsSync(promtoolProgram()) ? { version: PROMETHEUS_VERSION, from: "built from Go modules" } : undefined,
  install: {
    duration: "built from its Go modules: 1 to 3 minutes, once",
    check: async () => void (await findCompiler()),
    async run(progress) {
      const go = await findCompiler();
      const module = join(import.meta.dirname, "promtool");
      progress("building it from its Go modules, 1 to 3 minutes");
      await fillAtomically(directory(), (folder) =>
        buildGoPrograms(
          go,
          {
            module,
            packages: ["github.com/prometheus/prometheus/cmd/promtool"],
            variables: { "github.com/prometheus/common/version.Version": PROMETHEUS_VERSION },
          },
          folder,
        ),
      );
    },
  },
};

export function promtoolProgram(): string {
  return join(directory(), "promtool");
}

function directory(): string {
  return join(cacheDirectory(), `promtool-${PROMETHEUS_VERSION}`);
}

function findCompiler(): Promise<string> {
  return requireGo("promtool, which checks dashboards and alerts, cannot be built", [
    join(import.meta.dirname, "promtool"),
  ]);
}
