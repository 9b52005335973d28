import assert from "node:assert/strict";
import { alertmanagerConfig } from "../../../components/observability/kubernetes/operator.ts";
import type { KubernetesObject } from "../../support/kubernetes/api.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { definitionsOf, installDefinitions } from "../../support/kubernetes/custom-resources.ts";
import { applyAll, manifestsOf, rewritten } from "../../support/kubernetes/manifests.ts";
import { removeAll, waitForRollout } from "../../support/kubernetes/rollouts.ts";

const address = (name: string) => ({ url: `https://${name}.example.com`, user: "plinth" });
const external = { otlp: address("otlp"), loki: address("loki"), remoteWrite: address("metrics") };
const variants = {
  operator: { mode: "operator" },
  external: { mode: "external", external },
  "built-in with every tool": { tools: ["elk", "pgadmin", "redisinsight", "console"], tenantDataSources: [10_001] },
};

for (const [mode, observability] of Object.entries(variants)) {
  describe(`Observability in mode ${mode} on a real API server (OBS-7, SHOP-9)`, () => {
    let running: Cluster;
    let manifests: KubernetesObject[];
    let namespace: string;
    let nodes: string;

    before(async () => {
      const config = { "plinth:observability": JSON.stringify(observability) };
      [running, manifests] = await Promise.all([cluster(), manifestsOf("dev", config)]);
      [namespace, nodes] = manifests
        .filter(({ kind }) => kind === "Namespace")
        .map(({ metadata }) => metadata.name) as [string, string];
      if (mode === "operator") {
        const metadata = { name: "notifications", namespace };
        manifests.push({ ...alertmanagerConfig("observability-secrets"), metadata });
      }
      await installDefinitions(running.api, definitionsOf(manifests));
    });
    after(async () => {
      await removeAll(running.api, manifests, namespace);
      await removeAll(running.api, [], nodes);
    });

    it("is accepted with every field known, and rolled out", async () => {
      assert.deepEqual((await applyAll(running.api, manifests)).refused, []);
      await waitForRollout(running.api, namespace);
      await waitForRollout(running.api, nodes);
    });

    it("changes nothing when it is applied again", async () =>
      assert.deepEqual(await rewritten(running.api, manifests), []));
  });
}
