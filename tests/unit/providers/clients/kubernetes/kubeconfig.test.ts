import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { createClusterHandler, handler } from "@plinth/providers/handlers/cluster.ts";
import { checkRefusedCluster, clusterInputs } from "../../../../support/kubernetes/cluster-check.ts";
import { FakeApiServer } from "../../../../support/kubernetes/fake-api-server.ts";

describe("The kubeconfig of a stack's cluster (PLT-1)", () => {
  const { KUBECONFIG, HOME } = process.env;
  let cluster: FakeApiServer;
  let folder: string;

  beforeEach(async () => {
    cluster = await new FakeApiServer().start();
    folder = mkdtempSync(join(tmpdir(), "plinth-kube-"));
    process.env.KUBECONFIG = cluster.kubeconfig();
  });
  afterEach(async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
    for (const [name, value] of Object.entries({ KUBECONFIG, HOME })) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  it("is refused if missing, with what to do", async () => {
    delete process.env.KUBECONFIG;
    process.env.HOME = folder;
    assert.equal(
      await checkRefusedCluster(),
      "no Kubernetes context: there is no ~/.kube/config; make one with 'kind create cluster'; 'make up' (the stack 'local') needs none",
    );
    process.env.KUBECONFIG = join(folder, "missing");
    assert.match(
      await checkRefusedCluster(),
      /^no Kubernetes context: KUBECONFIG names .*missing, which does not exist; make one with 'kind create cluster'/,
    );
  });

  it("is refused if it is not a kubeconfig, by its file", async () => {
    for (const text of ["", "contexts: [}", "just words", '{"clusters": [{}]}']) {
      const file = join(folder, "broken");
      writeFileSync(file, text);
      process.env.KUBECONFIG = file;
      assert.match(
        await checkRefusedCluster(),
        /^\S+broken is not a kubeconfig: .+; mend it|^no Kubernetes context: the kubeconfig has none/,
        `"${text}"`,
      );
    }
  });

  it("is refused without the chosen context, with the existing ones", async () => {
    assert.equal(
      await checkRefusedCluster({ context: "prod" }),
      "no Kubernetes context 'prod' is in the kubeconfig: it has kind-staged",
    );
    const file = join(folder, "none");
    writeFileSync(file, JSON.stringify({ contexts: [{ name: "a", context: { cluster: "a", user: "a" } }] }));
    process.env.KUBECONFIG = file;
    assert.match(
      await checkRefusedCluster(),
      /^no Kubernetes context is chosen: choose one of a with 'kubectl config use-context'/,
    );
    assert.match(
      await checkRefusedCluster({ context: "a" }),
      /^the Kubernetes context 'a' is of a cluster that the kubeconfig does not have/,
    );
  });

  it("may be several files, of which the first to set a value wins, as for kubectl", async () => {
    const other = cluster.kubeconfig("kind-second", "https://192.0.2.1:6443");
    process.env.KUBECONFIG = [join(folder, "missing"), cluster.kubeconfig("kind-first"), other].join(delimiter);
    assert.equal((await handler.check({}, clusterInputs())).inputs.context, "kind-first");
    // Both files name their cluster "staged".
    assert.equal((await handler.create(clusterInputs({ context: "kind-second" }))).outs.serverVersion, "v1.34.1");
  });

  describe("with a credentials plugin", () => {
    function plugin(code: string): void {
      const file = join(folder, "plugin");
      const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: ["-e", code] };
      writeFileSync(
        file,
        JSON.stringify({
          "current-context": "kind-cloud",
          clusters: [{ name: "a", cluster: { server: cluster.url, "insecure-skip-tls-verify": true } }],
          users: [{ name: "a", user: { exec } }],
          contexts: [{ name: "kind-cloud", context: { cluster: "a", user: "a" } }],
        }),
      );
      process.env.KUBECONFIG = file;
    }

    it("gives the plugin the version to answer in, and runs it once", async () => {
      const runs = join(folder, "runs");
      plugin(`
        const { apiVersion, kind } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
        require("node:fs").appendFileSync(${JSON.stringify(runs)}, "x");
        console.log(JSON.stringify({ apiVersion, kind, status: { token: apiVersion } }));
      `);
      const { inputs: checked, failures } = await handler.check({}, clusterInputs());
      assert.deepEqual(failures, []);
      assert.equal(cluster.authorization, "Bearer client.authentication.k8s.io/v1");
      const created = await Promise.all(Array.from({ length: 5 }, () => handler.create(checked)));
      await handler.read("cluster", created[0]!.outs);
      assert.equal(readFileSync(runs, "utf8"), "x");
    });

    it("says why the plugin failed", async () => {
      plugin("console.error('log in first'); process.exit(3)");
      assert.equal(
        await checkRefusedCluster(),
        "the credentials of the Kubernetes context 'kind-cloud' cannot be had: log in first; log in again, or choose another context",
      );
    });

    it("gives up a plugin that waits for a person", async () => {
      plugin("setTimeout(() => undefined, 3_000)");
      const { failures } = await createClusterHandler({ timeoutMs: 1_000 }).check({}, clusterInputs());
      assert.match(
        failures[0]!.reason,
        /^the credentials of the Kubernetes context 'kind-cloud' cannot be had: no answer within 0.5 s; log in again/,
      );
    });
  });
});
