import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically, requireGo } from "../go/build.ts";
import { copyYaml, downloadGoModule } from "../go/module.ts";
import type { Tool } from "../tool.ts";

/** The version that toolchain/control-plane/kwok/go.mod asks for. */
export const KWOK_VERSION = "0.8.0";

/**
 * Plays the nodes of the test control plane: pods become ready, logs and port-forwards work,
 * nothing runs.
 */
export const kwokTool: Tool = {
  name: "KWOK",
  remedy: "make test",
  find: async () =>
    existsSync(join(kwokDirectory(), "kwok")) ? { version: KWOK_VERSION, from: "built from Go modules" } : undefined,
  install: {
    duration: "built from its Go modules: 1 to 3 minutes, once",
    async run(progress) {
      const go = requireGo("KWOK, which plays the nodes of the test control plane, cannot be built");
      const module = join(import.meta.dirname, "kwok");
      progress("building it from its Go modules, 1 to 3 minutes");
      await fillAtomically(kwokDirectory(), async (folder) => {
        await buildGoPrograms(go, { module, packages: ["sigs.k8s.io/kwok/cmd/kwok"], variables: {} }, folder);
        const source = await downloadGoModule(go, {
          path: "sigs.k8s.io/kwok",
          version: `v${KWOK_VERSION}`,
          sum: MODULE_CHECKSUM,
        });
        for (const kind of STAGES) copyYaml(join(source, "kustomize", "stage", kind), join(folder, "stages", kind));
        copyYaml(join(source, "kustomize", "crd", "bases"), join(folder, "crds"));
      });
    },
  },
};

/** The line of go.sum. */
const MODULE_CHECKSUM = "h1:OTIOTwgROqPMovcTwxICx2eYQ4AwLpSx5EpjbDKF4SQ=";

/**
 * Which of its stages are used: all at once, because what a test waits for is the controllers' work
 * and not a delay.
 */
const STAGES = ["node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast"];

/**
 * With the program `kwok`, `stages/`, which say how nodes, pods and volumes come to life, and
 * `crds/`, its own kinds.
 */
export function kwokDirectory(): string {
  return join(cacheDirectory(), `kwok-${KWOK_VERSION}`);
}
