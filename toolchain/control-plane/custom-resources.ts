import { existsSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory } from "@plinth/local/locations.ts";
import { fillAtomically } from "../go/build.ts";
import { requireGo } from "../go/compiler.ts";
import { copyYaml, downloadGoModule, type GoModule } from "../go/module.ts";
import type { Tool } from "../tool.ts";

/** Projects whose kinds our manifests use, and the folder of the definitions in their modules. */
const customResourceModules: (GoModule & { name: string; folder: string; files?: RegExp })[] = [
  {
    name: "gateway-api",
    path: "sigs.k8s.io/gateway-api",
    version: "v1.6.3",
    sum: "h1:lKpJa5bGlraC/QeACvCpsHLdmO6y0iKfzVl6gzaFEYc=",
    folder: "config/crd/standard",
  },
  {
    name: "envoy-gateway",
    path: "github.com/envoyproxy/gateway",
    version: "v1.9.1",
    sum: "h1:vAVp6/AlBXJ1aOhp1mxL7fNEzVEfjADUguUhm2wzxQY=",
    folder: "charts/gateway-helm/charts/crds/crds/generated",
  },
  {
    name: "keda",
    path: "github.com/kedacore/keda/v2",
    version: "v2.21.0",
    sum: "h1:R6z2HZvstK4RLUMxroNACzBj74xGxt3kG59b5Xc+Xps=",
    folder: "config/crd/bases",
  },
  {
    name: "prometheus-operator",
    path: "github.com/prometheus-operator/prometheus-operator",
    version: "v0.85.0",
    sum: "h1:M5xLCLEoaW2IJfnuCwFzzpL+jSVQu3KGT84Pye+fW8s=",
    folder: "example/prometheus-operator-crd",
    // The others are megabytes, which each test would parse.
    files: /_(alertmanagerconfigs|podmonitors|prometheusrules)\.yaml$/,
  },
];

/** Definitions of the custom resources among our manifests, for the test control plane. */
export const customResourcesTool: Tool = {
  name: "CRDs",
  remedy: "make test",
  find: async () =>
    existsSync(customResourceDirectory()) ? { version: "pinned", from: `Go modules: ${joinVersions(" ")}` } : undefined,
  install: {
    duration: "some seconds, once",
    check: async () => void (await findCompiler()),
    async run(progress) {
      const go = await findCompiler();
      progress("fetching the definitions of the Gateway API, Envoy Gateway, KEDA and the Prometheus operator");
      await fillAtomically(customResourceDirectory(), async (folder) => {
        for (const source of customResourceModules)
          copyYaml(join(await downloadGoModule(go, source), source.folder), join(folder, source.name), source.files);
      });
    },
  },
};

/** Holds a folder of YAML files for each project. */
export function customResourceDirectory(): string {
  return join(cacheDirectory(), `crds-${joinVersions("-")}`);
}

function joinVersions(separator: string): string {
  return customResourceModules.map(({ name, version }) => `${name}-${version.slice(1)}`).join(separator);
}

function findCompiler(): Promise<string> {
  return requireGo("The definitions of custom resources cannot be fetched");
}
