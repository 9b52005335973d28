import { installMissing } from "@plinth/toolchain/setup.ts";
import { controlPlaneTools } from "@plinth/toolchain/tools.ts";
import type { KubernetesApi, KubernetesObject } from "../../../tests/support/kubernetes/api.ts";
import { cluster } from "../../../tests/support/kubernetes/cluster.ts";
import { definitionsOf, installDefinitions } from "../../../tests/support/kubernetes/custom-resources.ts";
import { applyAll, manifestsOf } from "../../../tests/support/kubernetes/manifests.ts";
import { removeAll, waitForRollout } from "../../../tests/support/kubernetes/rollouts.ts";
import { stopServers } from "../../../tests/support/servers/servers.ts";
import type { BenchmarkRow } from "../row.ts";
import { formatSeconds, measureTime } from "../statistics.ts";

const COPIED_SERVICE = "wallet";
const COUNTS = [10, 100, 1_000];

/** Applies the manifests of dev and of many more services to the control plane of the tests. */
export async function benchmarkCluster(): Promise<BenchmarkRow[]> {
  await installMissing(controlPlaneTools);
  try {
    const [{ api }, manifests] = [await cluster(), await manifestsOf("dev")];
    await installDefinitions(api, definitionsOf(manifests));
    const rows: BenchmarkRow[] = [];
    // The first requests fill the API server's caches.
    await measureServices(api, manifests, 1);
    for (const count of COUNTS) rows.push(await measureServices(api, manifests, count));
    return rows;
  } finally {
    await stopServers();
  }
}

async function measureServices(
  api: KubernetesApi,
  manifests: KubernetesObject[],
  count: number,
): Promise<BenchmarkRow> {
  const namespace = manifests.find(({ kind }) => kind === "Namespace")!.metadata.name;
  const copied = manifests.filter(({ metadata }) => metadata.labels?.app === COPIED_SERVICE);
  const all = [
    ...manifests,
    ...Array.from({ length: count }, (_, index) => copied.map((manifest) => copyManifest(manifest, index))).flat(),
  ];
  const fresh = await measureTime(() => applyManifests(api, all));
  const ready = await measureTime(() => waitForRollout(api, namespace, 600));
  const again = await measureTime(() => applyManifests(api, all));
  await removeAll(api, all, namespace);
  const each = (fresh.ms + ready.ms) / count;
  return {
    what: `dev and ${count} services more (${all.length} manifests): applied + ready / again`,
    goal: "grows no faster than the services",
    measured: `${formatSeconds(fresh.ms)} + ${formatSeconds(ready.ms)} / ${formatSeconds(again.ms)}; ${each.toFixed(0)} ms a service`,
  };
}

async function applyManifests(api: KubernetesApi, manifests: KubernetesObject[]): Promise<void> {
  const { refused } = await applyAll(api, manifests);
  if (refused.length > 0) throw new Error(`${refused[0]!.object} was refused: ${refused[0]!.reason}`);
}

/** A copy of a manifest under another name, also in labels and selectors. */
function copyManifest(manifest: KubernetesObject, index: number): KubernetesObject {
  return JSON.parse(
    JSON.stringify(manifest).replaceAll(`"${COPIED_SERVICE}`, `"${COPIED_SERVICE}-${index}`),
  ) as KubernetesObject;
}
