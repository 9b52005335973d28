import assert from "node:assert/strict";
import { readPodProblems } from "../../../cli/stack/pod-problems.ts";
import { eventually } from "../../support/eventually.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";

const NAMESPACE = "pod-problems";

describe("Why pods do not become ready, by a real scheduler and its controllers (PLT-10)", function () {
  this.timeout(60_000);
  let running: Cluster;
  const { KUBECONFIG } = process.env;
  before(async () => {
    running = await cluster();
    process.env.KUBECONFIG = running.kubeconfig;
    await running.api.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
  });
  after(async () => {
    await running.api.delete({ apiVersion: "v1", kind: "Namespace", metadata: { name: NAMESPACE } });
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  const deploy = (name: string, resources: object) => {
    const labels = { app: name };
    const spec = { containers: [{ name, image: "nothing:1", resources }] };
    return running.api.apply({
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name, namespace: NAMESPACE },
      spec: { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
    } as never);
  };
  const told = (pattern: RegExp) =>
    eventually(
      String(pattern),
      async () => {
        const problems = await readPodProblems({ context: running.context, namespace: NAMESPACE });
        return problems.some((sentence) => pattern.test(sentence));
      },
      20,
    );

  it("names the cpu that no node has", async () => {
    await deploy("large", { requests: { cpu: "500" } });
    assert.ok(await told(/^pod large-\S+ cannot be scheduled: 0\/3 nodes are available: 3 Insufficient cpu/));
  });

  it("names a quota that refuses the pod", async () => {
    await running.api.apply({
      apiVersion: "v1",
      kind: "ResourceQuota",
      metadata: { name: "small", namespace: NAMESPACE },
      spec: { hard: { pods: "0" } },
    } as never);
    await deploy("refused", {});
    assert.ok(await told(/^ReplicaSet refused-\S+ cannot create its pods: .*exceeded quota: small/));
  });
});
