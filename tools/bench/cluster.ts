import { cluster } from "../../tests/support/cluster.ts";
import { define, definitionsOf } from "../../tests/support/definitions.ts";
import type { KubernetesApi, KubernetesObject } from "../../tests/support/kubernetes-api.ts";
import { applyAll, manifestsOf } from "../../tests/support/manifests.ts";
import { removeAll, rolledOut } from "../../tests/support/rollouts.ts";
import { stopServers } from "../../tests/support/servers.ts";
import { clusterParts } from "../parts/parts.ts";
import { setup } from "../setup.ts";
import { type Row, seconds, timed } from "./row.ts";

const COPIED = "wallet";
const COUNTS = [10, 100, 1_000];

/** The manifests of dev and of so many services more, applied at once to the control plane that tests run on. */
export async function clusterBench(): Promise<Row[]> {
  await setup(clusterParts);
  try {
    const [{ api }, manifests] = [await cluster(), await manifestsOf("dev")];
    await define(api, definitionsOf(manifests));
    const rows: Row[] = [];
    // The first requests of an API server's life fill its caches.
    await measured(api, manifests, 1);
    for (const count of COUNTS) rows.push(await measured(api, manifests, count));
    return rows;
  } finally {
    await stopServers();
  }
}

async function measured(api: KubernetesApi, manifests: KubernetesObject[], count: number): Promise<Row> {
  const namespace = manifests.find(({ kind }) => kind === "Namespace")!.metadata.name;
  const own = manifests.filter(({ metadata }) => metadata.labels?.app === COPIED);
  const all = [...manifests, ...Array.from({ length: count }, (_, index) => own.map((manifest) => copy(manifest, index))).flat()];
  const fresh = await timed(() => accepted(api, all));
  const ready = await timed(() => rolledOut(api, namespace, 600));
  const again = await timed(() => accepted(api, all));
  await removeAll(api, all, namespace);
  const each = (fresh.ms + ready.ms) / count;
  return {
    what: `dev and ${count} services more (${all.length} manifests): applied + ready / again`,
    goal: "grows no faster than the services",
    measured: `${seconds(fresh.ms)} + ${seconds(ready.ms)} / ${seconds(again.ms)}; ${each.toFixed(0)} ms a service`,
  };
}

async function accepted(api: KubernetesApi, manifests: KubernetesObject[]): Promise<void> {
  const { refused } = await applyAll(api, manifests);
  if (refused.length > 0) throw new Error(`${refused[0]!.object} was refused: ${refused[0]!.reason}`);
}

/** Another service that differs in its name alone, in labels and selectors too. */
function copy(manifest: KubernetesObject, index: number): KubernetesObject {
  return JSON.parse(JSON.stringify(manifest).replaceAll(`"${COPIED}`, `"${COPIED}-${index}`)) as KubernetesObject;
}
