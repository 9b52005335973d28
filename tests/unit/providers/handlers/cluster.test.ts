import assert from "node:assert/strict";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { handler } from "@plinth/providers/handlers/cluster.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { checkRefusedCluster, clusterInputs } from "../../../support/kubernetes/cluster-check.ts";
import { FakeApiServer } from "../../../support/kubernetes/fake-api-server.ts";

describe("The cluster of a stack (PLT-1)", () => {
  const { KUBECONFIG } = process.env;
  let cluster: FakeApiServer;

  beforeEach(async () => {
    cluster = await new FakeApiServer().start();
    process.env.KUBECONFIG = cluster.kubeconfig();
  });
  afterEach(async () => {
    await cluster.stop();
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });

  it("is the current context, which a plan knows", async () => {
    const { inputs: checked, failures } = await handler.check({}, clusterInputs());
    assert.deepEqual(failures, []);
    assert.equal(checked.context, "kind-staged");
    const { id, outs } = await handler.create(checked);
    assert.deepEqual([id, outs.context, outs.serverVersion], ["cluster", "kind-staged", "v1.34.1"]);
    assert.deepEqual(await handler.diff(id, outs, checked), { changes: false });
    assert.deepEqual((await handler.read(id, outs)).props, outs);
  });

  it("is known by its own identity, not by the name of its context", async () => {
    const { inputs: checked } = await handler.check({}, clusterInputs());
    const { id, outs } = await handler.create(checked);
    assert.equal(outs.clusterUid, "uid-of-the-cluster");
    cluster.namespaces["kube-system"] = { uid: "uid-of-a-new-one", annotations: {} };
    assert.match(await checkRefusedCluster({}, checked), /'kind-staged' leads to another cluster than the one/);
    assert.equal((await handler.read(id, outs)).id, "", "a refresh finds it gone");
    const { inputs: again, failures } = await handler.check({}, clusterInputs());
    assert.deepEqual(
      [failures, again.clusterUid],
      [[], "uid-of-a-new-one"],
      "a stack that has forgotten it begins anew",
    );
  });

  it("may be unknown to a user without the right to see it", async () => {
    cluster.fault = (path) => (path.includes("/namespaces/") ? { status: 403, message: "no" } : undefined);
    const { inputs, failures } = await handler.check({}, clusterInputs());
    assert.deepEqual([failures, inputs.clusterUid], [[], undefined]);
  });

  it("may get another name, and a current context of another cluster is not it", async () => {
    const { inputs: before } = await handler.check({}, clusterInputs());
    process.env.KUBECONFIG = cluster.kubeconfig("kind-renamed");
    const { inputs, failures } = await handler.check(before, clusterInputs());
    assert.deepEqual([failures, inputs.context, inputs.stackId], [[], "kind-renamed", before.stackId]);
    cluster.namespaces["kube-system"] = { uid: "uid-of-another", annotations: {} };
    assert.match(await checkRefusedCluster({}, before), /is in the Kubernetes context 'kind-staged', but the current/);
    cluster.fault = (path) => (path.includes("/namespaces/") ? { status: 403, message: "no" } : undefined);
    assert.match(await checkRefusedCluster({}, before), /is in the Kubernetes context 'kind-staged', but the current/);
  });

  it("keeps no stack from being destroyed when its context is gone", async () => {
    const { inputs } = await handler.check({}, clusterInputs());
    const { id, outs } = await handler.create(inputs);
    process.env.KUBECONFIG = cluster.kubeconfig("kind-of-other-work");
    await handler.delete(id, outs);
  });

  describe("with a namespace", () => {
    it("that is being deleted is refused, in which every object would fail", async () => {
      cluster.namespaces["dev-infra"] = { uid: "1", annotations: {}, deletionTimestamp: "2026-11-28T14:00:00Z" };
      assert.match(await checkRefusedCluster(), /the namespace 'dev-infra' .* is being deleted, .* wait until/);
    });

    const annotation = "plinth.dev/stack-id";

    it("gives it to one stack, which keeps its id", async () => {
      const { inputs: first } = await handler.check({}, clusterInputs());
      const { inputs: second, failures } = await handler.check(first, clusterInputs());
      assert.deepEqual([failures, second], [[], first]);
      assert.match(first.stackId!, /^[0-9a-f-]{36}$/);
    });

    it("of another stack refuses, with the id by which a person takes its place", async () => {
      cluster.namespaces["dev-infra"] = { uid: "1", annotations: { [annotation]: "stack-of-another-clone" } };
      assert.match(
        await checkRefusedCluster(),
        /belongs to another stack, stack-of-another-clone.*'pulumi config set stackId stack-of-another-clone'/,
      );
      assert.match(await checkRefusedCluster({}, { stackId: "own-stack-id" }), /belongs to another stack/);
      const { failures } = await handler.check({}, clusterInputs({ stackId: "stack-of-another-clone" }));
      assert.deepEqual(failures, []);
    });

    it("gives its own free when the stack is destroyed, and no other's", async () => {
      const { inputs } = await handler.check({}, clusterInputs());
      const { id, outs } = await handler.create(inputs);
      cluster.namespaces["dev-infra"] = { uid: "1", annotations: { [annotation]: "stack-of-another-clone" } };
      await handler.delete(id, outs);
      assert.equal(cluster.namespaces["dev-infra"].annotations[annotation], "stack-of-another-clone");
      cluster.namespaces["dev-infra"].annotations[annotation] = outs.stackId!;
      await handler.delete(id, outs);
      assert.deepEqual(cluster.namespaces["dev-infra"].annotations, {});
    });
  });

  it("leaves no connection open", async () => {
    await handler.check({}, clusterInputs());
    assert.equal(cluster.connections, 0);
  });

  describe("without an answer", () => {
    let blackHole: Server;
    const sockets = new Set<Socket>();
    before(async () => {
      blackHole = createServer((socket) => sockets.add(socket));
      await new Promise<void>((resolve) => blackHole.listen(0, "127.0.0.1", resolve));
    });
    after(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => blackHole.close(resolve));
    });

    it("is given up within 10 s, whether it accepts connections or not", async () => {
      const { port } = blackHole.address() as AddressInfo;
      const started = Date.now();
      const refuse = async (server: string) => {
        process.env.KUBECONFIG = cluster.kubeconfig("kind-gone", server);
        return checkRefusedCluster();
      };
      const silent = refuse(`https://127.0.0.1:${port}`);
      // TEST-NET-1 of RFC 5737 has no route, which some machines say at once.
      const [first, second] = await Promise.all([silent, refuse("https://192.0.2.1:6443")]);
      assert.ok(Date.now() - started < 10_000);
      assert.match(
        first,
        /^the API server of the Kubernetes context 'kind-gone' \(https:\/\/127\.0\.0\.1:\d+\) does not answer: no answer within 8 s; start that cluster or choose another context, or make one with 'kind create cluster'; 'make up' \(the stack 'local'\) needs none$/,
      );
      assert.match(
        second,
        /^the API server of the Kubernetes context 'kind-gone' \(https:\/\/192\.0\.2\.1:6443\) does not answer: /,
      );
    }).timeout(12_000);

    it("is refused at once if nothing listens or the host does not exist", async () => {
      for (const [server, expected] of [
        [`https://127.0.0.1:${await findFreePort()}`, /does not answer: connect ECONNREFUSED/],
        ["https://nowhere.invalid:6443", /does not answer: getaddrinfo/],
      ] as const) {
        process.env.KUBECONFIG = cluster.kubeconfig("kind-gone", server);
        const started = Date.now();
        assert.match(await checkRefusedCluster(), expected);
        assert.ok(Date.now() - started < 3_000);
      }
    });

    it("fails a refresh rather than being gone", async () => {
      const { outs } = await handler.create(clusterInputs({ context: "kind-staged" }));
      cluster.fault = () => "cut";
      await assert.rejects(
        handler.read("cluster", outs),
        /^the API server of the Kubernetes context 'kind-staged' .* does not answer/,
      );
    });
  });

  it("is refused if something else answers at its address", async () => {
    const sentence = (reason: string) =>
      `what answers for the Kubernetes context 'kind-staged' (${cluster.url}) is not an API server: ${reason}; mend this context in the kubeconfig`;
    cluster.fault = () => ({ status: 404, message: "no such page" });
    assert.equal(await checkRefusedCluster(), sentence("no such page"));
    cluster.fault = () => undefined;
    cluster.version = {} as never;
    assert.equal(await checkRefusedCluster(), sentence("it reports no Kubernetes version"));
    cluster.version = "<html>" as never;
    assert.equal(await checkRefusedCluster(), sentence("it reports no Kubernetes version"));
    cluster.raw = "<html>";
    assert.match(
      await checkRefusedCluster(),
      /^what answers for the Kubernetes context 'kind-staged' .* is not an API server: it answers "<html>" to GET \/\w+;/,
    );
  });

  it("is refused with wrong credentials", async () => {
    cluster.fault = () => ({ status: 401, message: "Unauthorized" });
    assert.match(
      await checkRefusedCluster(),
      /^the API server of the Kubernetes context 'kind-staged' .* refuses its credentials \(401\): log in again/,
    );
    // As for an unauthenticated user, who may read the version.
    cluster.fault = (path) =>
      path === "/apis"
        ? { status: 403, message: 'forbidden: User "system:anonymous" cannot get path "/apis"' }
        : undefined;
    assert.match(
      await checkRefusedCluster(),
      /^the user of the Kubernetes context 'kind-staged' may not do this \(403\): forbidden: User "system:anonymous"/,
    );
  });

  for (const [version, minor, refused] of [
    ["v1.28.9", "28", true],
    ["v1.29.0-eks-1", "29+", false],
    ["v1.34.1", "34", false],
  ] as const) {
    it(`${refused ? "is refused" : "is accepted"} with ${version}`, async () => {
      cluster.version = { major: "1", minor, gitVersion: version };
      const { failures } = await handler.check({}, clusterInputs());
      const sentence = `the cluster of the Kubernetes context 'kind-staged' runs Kubernetes ${version}, but 1.29 or later is needed: upgrade it, or choose another context`;
      assert.deepEqual(
        failures.map(({ reason }) => reason),
        refused ? [sentence] : [],
      );
    });
  }

  it("may not look like production, unless configuration names it", async () => {
    const server = "https://nowhere.invalid:6443";
    process.env.KUBECONFIG = cluster.kubeconfig("shop-prod", server);
    assert.equal(
      await checkRefusedCluster(),
      "the Kubernetes context 'shop-prod' (https://nowhere.invalid:6443) does not look like a cluster of this machine, and this stack is for those: switch to one that is, or name this one with 'pulumi config set kubernetesContext shop-prod' if it is meant",
    );
    assert.match(await checkRefusedCluster({ context: "shop-prod" }), /does not answer/, "a named one is asked");
  });

  for (const [context, server, local] of [
    ["kind-plinth", "https://nowhere.invalid:6443", true],
    ["minikube", "https://nowhere.invalid:8443", true],
    ["docker-desktop", "https://nowhere.invalid:6443", true],
    ["orbstack", "https://nowhere.invalid:26443", true],
    ["k3d-mine", "https://nowhere.invalid:6550", true],
    ["rancher-desktop", "https://nowhere.invalid:6443", true],
    ["colima-arm", "https://nowhere.invalid:6443", true],
    ["anything", "https://127.0.0.2:1", true],
    ["anything", "https://localhost:1", true],
    ["anything", "https://[::1]:1", true],
    ["minikube-of-the-team", "https://nowhere.invalid:6443", false],
    ["prod-kind-eu", "https://nowhere.invalid:6443", false],
    ["anything", "https://127.0.0.1.example.invalid:6443", false],
    ["arn:aws:eks:eu-west-1:1:cluster/shop", "https://10.0.0.1:443", false],
  ] as const) {
    it(`looks ${local ? "local" : "remote"} as ${context} at ${server}`, async () => {
      process.env.KUBECONFIG = cluster.kubeconfig(context, server);
      assert.match(
        await checkRefusedCluster(),
        local ? /does not answer/ : /does not look like a cluster of this machine/,
      );
    });
  }

  it("may be any cluster if the stack is not for this machine, or by its name", async () => {
    const url = cluster.url.replace("127.0.0.1", "localhost");
    process.env.KUBECONFIG = cluster.kubeconfig("shop-prod", url);
    for (const given of [{ localOnly: false }, { context: "shop-prod" }]) {
      assert.deepEqual((await handler.check({}, clusterInputs(given))).failures, []);
    }
  });

  it("may not change unless configuration names the new one", async () => {
    const olds = clusterInputs({ context: "kind-before" });
    assert.equal(
      await checkRefusedCluster({}, olds),
      "this stack is in the Kubernetes context 'kind-before', but the current one is 'kind-staged': switch back with 'kubectl config use-context kind-before', or name the one that is meant with 'pulumi config set kubernetesContext …'",
    );
    assert.deepEqual((await handler.check(olds, clusterInputs({ context: "kind-staged" }))).failures, []);
    assert.deepEqual((await handler.check(clusterInputs({ context: "kind-staged" }), clusterInputs())).failures, []);
  });
});
