import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { buildGoPrograms, fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import type { Tool } from "../tool.ts";

/** As toolchain/control-plane/kubernetes/go.mod requires it. */
export const KUBERNETES_VERSION = "1.34.1";

/** `kube-apiserver`, `kube-controller-manager` and `kube-scheduler` of the test control plane. */
export const kubernetesTool: Tool = {
  name: "Kubernetes",
  remedy: "make test",
  find: async () =>
    existsSync(kubernetesDirectory()) ? { version: KUBERNETES_VERSION, from: "built from Go modules" } : undefined,
  install: {
    duration: "built from its Go modules: 4 to 9 minutes, once",
    check: async () => void (await findCompiler()),
    async run(progress) {
      const go = await findCompiler();
      const [major, minor] = KUBERNETES_VERSION.split(".");
      const version = { gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: major!, gitMinor: minor! };
      progress("building API server, controllers and scheduler from their Go modules, 4 to 9 minutes");
      await fillAtomically(kubernetesDirectory(), (folder) =>
        buildGoPrograms(
          go,
          {
            module: join(import.meta.dirname, "kubernetes"),
            packages: ["kube-apiserver", "kube-controller-manager", "kube-scheduler"].map(
              (name) => `k8s.io/kubernetes/cmd/${name}`,
            ),
            // Clients cannot parse the version of a build without these.
            variables: Object.fromEntries(
              Object.entries(version).map(([name, value]) => [`k8s.io/component-base/version.${name}`, value]),
            ),
          },
          folder,
        ),
      );
    },
  },
};

export function kubernetesDirectory(): string {
  return join(cacheDirectory(), `kubernetes-${KUBERNETES_VERSION}`, "bin");
}

function findCompiler(): Promise<string> {
  return requireGo("Kubernetes' control plane cannot be built", [join(import.meta.dirname, "kubernetes")]);
}
