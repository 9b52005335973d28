import assert from "node:assert/strict";
import net from "node:net";
import { KubeConfig, PortForward } from "@kubernetes/client-node";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import pg from "pg";
import { eventually } from "../../support/eventually.ts";
import { ApiError, isReady } from "../../support/kubernetes/api.ts";
import { cluster } from "../../support/kubernetes/cluster.ts";
import { createStandIn } from "../../support/kubernetes/stand-in.ts";
import { postgres } from "../../support/servers/servers.ts";

/**
 * The other tests of this folder need it: if one of these fails, the manifests are not the cause.
 */
describe("The control plane of the cluster tests", () => {
  const namespace = (name: string, labels = {}) => ({
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels },
  });
  const pod = (name: string, namespace: string, securityContext = {}) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name, namespace },
    spec: { containers: [{ name: "main", image: "nothing:1", securityContext }] },
  });

  it("has ready nodes in three zones", async () => {
    const { api } = await cluster();
    const nodes = await api.list("v1", "Node");
    assert.deepEqual(nodes.map(({ metadata }) => metadata.labels!["topology.kubernetes.io/zone"]).sort(), [
      "test-a",
      "test-b",
      "test-c",
    ]);
    assert.ok(nodes.every((node) => isReady(node)));
  });

  it("refuses an unknown field", async () => {
    const { api } = await cluster();
    await assert.rejects(
      api.apply({ ...namespace("misspelt"), spec: { finalisers: [] } } as never),
      (error: ApiError) => error instanceof ApiError && /finalisers/.test(error.message),
    );
  });

  it("admits only restricted pods to a restricted namespace (PLT-8)", async () => {
    const { api } = await cluster();
    await api.apply(namespace("restricted", { "pod-security.kubernetes.io/enforce": "restricted" }));
    const account = {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name: "default", namespace: "restricted" },
    };
    await eventually("its pods have an account", () => api.get(account));
    await assert.rejects(
      api.apply(pod("privileged", "restricted", { privileged: true })),
      (error: ApiError) => error.reason === "Forbidden" && /violates PodSecurity "restricted/.test(error.message),
    );
    const restricted = {
      allowPrivilegeEscalation: false,
      runAsNonRoot: true,
      capabilities: { drop: ["ALL"] },
      seccompProfile: { type: "RuntimeDefault" },
    };
    await api.apply(pod("confined", "restricted", restricted));
  });

  it("makes a StatefulSet with a claim ready, on any node", async () => {
    const { api } = await cluster();
    await api.apply(namespace("claims"));
    const labels = { app: "store" };
    const workload = {
      apiVersion: "apps/v1",
      kind: "StatefulSet",
      metadata: { name: "store", namespace: "claims" },
      spec: {
        serviceName: "store",
        replicas: 2,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: "store", image: "nothing:1" }] } },
        volumeClaimTemplates: [
          {
            metadata: { name: "data" },
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        ],
      },
    };
    await api.apply(workload);
    await eventually(
      "both are ready",
      async () => ((await api.get(workload)).status as { readyReplicas?: number }).readyReplicas === 2,
      30,
    );
    const claims = await api.list("v1", "PersistentVolumeClaim", "claims");
    assert.deepEqual(
      claims.map(({ metadata, status }) => [metadata.name, (status as { phase: string }).phase]).sort(),
      [
        ["data-store-0", "Bound"],
        ["data-store-1", "Bound"],
      ],
    );
  });

  it("forwards a pod's port to a real PostgreSQL, also after the API server was killed", async () => {
    const [running, database] = [await cluster(), await postgres()];
    const place = { namespace: "forwards", name: "citus-coordinator", headless: "citus-coordinator-headless" };
    await createStandIn(running, { ...place, services: { "citus-coordinator": { 5432: database.port } } });
    const { port, close } = await portForward(running.kubeconfig, "forwards", "citus-coordinator-0", 5432);
    try {
      const query = () =>
        eventually("a query goes through", async () => {
          const client = new pg.Client({ connectionString: database.url.replace(String(database.port), String(port)) });
          // Emitted for a cut connection too; unheard, it would end the process.
          client.on("error", () => undefined);
          try {
            await client.connect();
            return (await client.query("select inet_server_port() as port")).rows[0].port as number;
          } finally {
            await client.end();
          }
        });
      assert.equal(await query(), database.port);
      await running.restartApiServer();
      assert.equal(await query(), database.port);
    } finally {
      close();
    }
  });

  /**
   * Uses the client library, so that a fault in our port-forward cannot hide one of the cluster.
   */
  async function portForward(kubeconfig: string, namespace: string, name: string, target: number) {
    const config = new KubeConfig();
    config.loadFromFile(kubeconfig);
    const forward = new PortForward(config);
    const server = net.createServer((socket) => {
      socket.on("error", () => undefined);
      forward.portForward(namespace, name, [target], socket, null, socket).catch(() => socket.destroy());
    });
    const port = await findFreePort();
    await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
    return { port, close: () => server.close() };
  }
});
