import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import { copyYaml, downloadGoModule } from "../go/module.ts";
import type { Tool } from "../tool.ts";

/** As toolchain/control-plane/kwok/go.mod requires it. */
export const KWOK_VERSION = "0.8.0";

/**
 * Simulates the nodes of the test control plane: pods become ready, logs and port-forwards work,
 * but no container runs.
 */
export const kwokTool: Tool = {
  name: "KWOK",
  remedy: "make test",
  find: async () =>
    existsSync(join(kwokDirectory(), "kwok")) ? { version: KWOK_VERSION, from: "built from Go modules" } : undefined,
  install: {
    duration: "built from its Go modules: 1 to 3 minutes, once",
    check: async () => void (await findCompiler()),
    async run(progress) {
      const go = await findCompiler();
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

/** From go.sum. */
const MODULE_CHECKSUM = "h1:OTIOTwgROqPMovcTwxICx2eYQ4AwLpSx5EpjbDKF4SQ=";

/** The stages without delays: tests wait for the controllers only. */
const STAGES = ["node/fast", "node/heartbeat-with-lease", "pod/fast", "volume/fast"];

/**
 * Holds the program `kwok`, the life cycles of nodes, pods and volumes (`stages/`), and `crds/`.
 */
export function kwokDirectory(): string {
  return join(cacheDirectory(), `kwok-${KWOK_VERSION}`);
}

function findCompiler(): Promise<string> {
  return requireGo("KWOK, which simulates the nodes of the test control plane, cannot be built", [
    join(import.meta.dirname, "kwok"),
  ]);
}
