import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { customResourceDirectory } from "@plinth/toolchain/control-plane/custom-resources.ts";
import { kwokDirectory } from "@plinth/toolchain/control-plane/kwok.ts";
import { loadAll } from "js-yaml";
import { eventually } from "../eventually.ts";
import type { KubernetesApi, KubernetesObject } from "./api.ts";

/**
 * Finds the definitions of the custom resources in `manifests`: Gateway API, Envoy Gateway, KEDA,
 * Prometheus operator.
 */
export function definitionsOf(manifests: KubernetesObject[]): KubernetesObject[] {
  const kinds = new Set(manifests.map(({ apiVersion, kind }) => `${apiVersion.split("/")[0]} ${kind}`));
  return definitionsBelow(customResourceDirectory()).filter(({ spec }) => {
    const { group, names } = spec as { group: string; names: { kind: string } };
    return kinds.has(`${group} ${names.kind}`);
  });
}

/** Finds a definition of KWOK by its plural name. */
export function kwokDefinition(plural: string): KubernetesObject {
  return definitionsBelow(join(kwokDirectory(), "crds")).find(
    ({ metadata }) => metadata.name === `${plural}.kwok.x-k8s.io`,
  )!;
}

/**
 * Applies definitions and waits until the API server serves them, which on a busy machine takes
 * seconds after they are established.
 */
export async function installDefinitions(api: KubernetesApi, definitions: KubernetesObject[]): Promise<void> {
  await Promise.all(definitions.map((definition) => api.apply(definition)));
  await Promise.all(
    definitions.flatMap((definition) => {
      const { group, names, versions } = definition.spec as {
        group: string;
        names: { kind: string };
        versions: { name: string; served: boolean }[];
      };
      const served = versions.filter((version) => version.served);
      return served.map(({ name }) =>
        eventually(`${names.kind} ${name} is served`, () => api.list(`${group}/${name}`, names.kind), 30),
      );
    }),
  );
}

function definitionsBelow(folder: string): KubernetesObject[] {
  return (
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".yaml"))
      .flatMap((file) => loadAll(readFileSync(join(folder, file), "utf8")) as KubernetesObject[])
      .filter(({ kind }) => kind === "CustomResourceDefinition")
      // The API server refuses the status of a generated definition.
      .map(({ status: _, ...definition }) => definition as KubernetesObject)
  );
}
