import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { load } from "js-yaml";
import { customResourceDirectory } from "../../tools/parts/custom-resources.ts";
import { kwokDirectory } from "../../tools/parts/kwok.ts";
import { eventually } from "./eventually.ts";
import { isReady, type KubernetesApi, type KubernetesObject } from "./kubernetes-api.ts";

/** The custom resource definitions of everything whose kinds our manifests use: Gateway API, Envoy Gateway, KEDA. */
export function platformDefinitions(): KubernetesObject[] {
  return definitionsBelow(customResourceDirectory());
}

/** KWOK's own, by plural name. */
export function kwokDefinition(plural: string): KubernetesObject {
  return definitionsBelow(join(kwokDirectory(), "crds")).find(({ metadata }) => metadata.name === `${plural}.kwok.x-k8s.io`)!;
}

/** Applies them, and waits until their kinds are served. */
export async function define(api: KubernetesApi, definitions: KubernetesObject[]): Promise<void> {
  await Promise.all(definitions.map((definition) => api.apply(definition)));
  await Promise.all(
    definitions.map((definition) =>
      eventually(`${definition.metadata.name} is served`, async () => isReady(await api.get(definition), "Established")),
    ),
  );
}

function definitionsBelow(folder: string): KubernetesObject[] {
  return (
    readdirSync(folder, { recursive: true, encoding: "utf8" })
      .filter((file) => file.endsWith(".yaml"))
      .map((file) => load(readFileSync(join(folder, file), "utf8")) as KubernetesObject)
      .filter(({ kind }) => kind === "CustomResourceDefinition")
      // What a definition that was generated holds as its status would be refused.
      .map(({ status: _, ...definition }) => definition as KubernetesObject)
  );
}
