import { join } from "node:path";
import {
  findObservabilityProgram,
  type ObservabilityProgram,
  observabilityDirectory,
  observabilityVersion,
} from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import type { Tool } from "../tool.ts";
import { downloadRelease, isReleaseReachable, type Release } from "./release.ts";

interface VictoriaTool {
  name: string;
  programs: [ObservabilityProgram, ...ObservabilityProgram[]];
  /** Go module, which is a GitHub repository as well. */
  repository: string;
  /** Archives of the release, by the program in each. */
  archives: Partial<Record<ObservabilityProgram, string>>;
  /** Folder of go.mod, beside this file. */
  module: string;
  minutes: string;
}

/** Stores logs and spans on one machine. */
export const victoriaLogsTool = victoriaTool({
  name: "VictoriaLogs",
  programs: ["victoria-logs"],
  repository: "github.com/VictoriaMetrics/VictoriaLogs",
  archives: { "victoria-logs": "victoria-logs" },
  module: "victoria-logs",
  minutes: "half a minute",
});

/** Stores metrics on one machine; `vmalert` evaluates the alerts. */
export const victoriaMetricsTool = victoriaTool({
  name: "VictoriaMetrics",
  programs: ["victoria-metrics", "vmalert"],
  repository: "github.com/VictoriaMetrics/VictoriaMetrics",
  archives: { "victoria-metrics": "victoria-metrics", vmalert: "vmutils" },
  module: "victoria-metrics",
  minutes: "a minute",
});

function victoriaTool({ name, programs, repository, archives, module, minutes }: VictoriaTool): Tool {
  const [first] = programs;
  const version = observabilityVersion(first);
  const folderOfModule = join(import.meta.dirname, module);
  const releases = Object.entries(archives).map(
    ([program, archive]): Release => ({ repository, version, archive, program }),
  );
  const findCompiler = () => requireGo(`${name} can neither be downloaded (no internet) nor built`, [folderOfModule]);
  return {
    name,
    remedy: "make setup",
    find: async () =>
      programs.every(findObservabilityProgram) ? { version, from: observabilityDirectory(first) } : undefined,
    install: {
      duration: `some seconds with internet; without, built from its Go modules: about ${minutes}, once`,
      async check() {
        const reachable = await Promise.all(releases.map((release) => isReleaseReachable(release)));
        if (!reachable.every(Boolean)) await findCompiler();
      },
      async run(progress) {
        await fillAtomically(observabilityDirectory(first), async (folder) => {
          if (await downloadReleases(releases, folder, progress)) return;
          const go = await findCompiler();
          progress(`building it from its Go modules, about ${minutes}`);
          const packages = programs.map((program) => `${repository}/app/${program}`);
          const variables = {
            "github.com/VictoriaMetrics/VictoriaMetrics/lib/buildinfo.Version": `${first}-v${version}`,
          };
          await buildGoPrograms(go, { module: folderOfModule, packages, variables }, folder);
        });
      },
    },
  };
}

async function downloadReleases(
  releases: readonly Release[],
  folder: string,
  progress: (line: string) => void,
): Promise<boolean> {
  for (const release of releases) if (!(await downloadRelease(release, folder, progress))) return false;
  return true;
}
