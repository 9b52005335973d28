import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import type { ClusterInputs } from "@plinth/providers/cluster.ts";
import { createClusterHandler, handler } from "@plinth/providers/handlers/cluster.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { FakeApiServer } from "../../../support/kubernetes/fake-api-server.ts";

const inputs = (given: Partial<ClusterInputs> = {}): ClusterInputs => ({
  namespace: "dev-infra",
  localOnly: true,
  providerVersion: 1,
  ...given,
});

/** What a person would see; `olds` as the engine has them of the last run. */
async function refusal(given: Partial<ClusterInputs> = {}, olds: Partial<ClusterInputs> = {}): Promise<string> {
  const { failures } = await handler.check(olds, inputs(given));
  assert.equal(failures.length, 1, "one sentence");
  assert.equal(failures[0]!.property, "");
  assert.doesNotMatch(failures[0]!.reason, /\n|s3cret/);
  return failures[0]!.reason;
}

describe("PLT-1 the cluster of a stack", () => {
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

  it("is the current context, known from the plan on", async () => {
    const { inputs: checked, failures } = await handler.check({}, inputs());
    assert.deepEqual(failures, []);
    assert.equal(checked.context, "kind-staged");
    const { id, outs } = await handler.create(checked);
    assert.deepEqual([id, outs.context, outs.serverVersion], ["cluster", "kind-staged", "v1.34.1"]);
    assert.deepEqual(await handler.diff(id, outs, checked), { changes: false });
    assert.deepEqual((await handler.read(id, outs)).props, outs);
  });

  it("leaves no connection open", async () => {
    await handler.check({}, inputs());
    assert.equal(cluster.connections, 0);
  });

  it("names how to get one where there is no kubeconfig, and that 'make up' needs none", async () => {
    delete process.env.KUBECONFIG;
    process.env.HOME = folder;
    assert.equal(
      await refusal(),
      "no Kubernetes context: there is no ~/.kube/config; make one with 'kind create cluster'; 'make up' (the stack 'local') needs none",
    );
    process.env.KUBECONFIG = join(folder, "missing");
    assert.match(
      await refusal(),
      /^no Kubernetes context: KUBECONFIG names .*missing, which does not exist; make one with 'kind create cluster'/,
    );
  });

  it("names the file that is no kubeconfig", async () => {
    for (const text of ["", "contexts: [}", "just words", '{"clusters": [{}]}']) {
      const file = join(folder, "broken");
      writeFileSync(file, text);
      process.env.KUBECONFIG = file;
      assert.match(
        await refusal(),
        /^\S+broken is not a kubeconfig: .+; mend it|^no Kubernetes context: the kubeconfig has none/,
        `"${text}"`,
      );
    }
  });

  it("names the contexts there are when none is chosen, or another one is", async () => {
    assert.equal(
      await refusal({ context: "prod" }),
      "no Kubernetes context 'prod' is in the kubeconfig: it has kind-staged",
    );
    const file = join(folder, "none");
    writeFileSync(file, JSON.stringify({ contexts: [{ name: "a", context: { cluster: "a", user: "a" } }] }));
    process.env.KUBECONFIG = file;
    assert.match(
      await refusal(),
      /^no Kubernetes context is chosen: choose one of a with 'kubectl config use-context'/,
    );
    assert.match(
      await refusal({ context: "a" }),
      /^the Kubernetes context 'a' is of a cluster that the kubeconfig does not have/,
    );
  });

  it("reads several files as kubectl does: the first to say something wins, missing ones are passed by", async () => {
    const other = cluster.kubeconfig("kind-second", "https://192.0.2.1:6443");
    process.env.KUBECONFIG = [join(folder, "missing"), cluster.kubeconfig("kind-first"), other].join(delimiter);
    assert.equal((await handler.check({}, inputs())).inputs.context, "kind-first");
    // Both files name their cluster "staged".
    assert.equal((await handler.create(inputs({ context: "kind-second" }))).outs.serverVersion, "v1.34.1");
  });

  describe("that does not answer", () => {
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

    it("is given up within 10 s: one that accepts and is silent, and one that nothing comes back from", async () => {
      const { port } = blackHole.address() as AddressInfo;
      const started = Date.now();
      const sentence = async (server: string) => {
        process.env.KUBECONFIG = cluster.kubeconfig("kind-gone", server);
        return refusal();
      };
      const silent = sentence(`https://127.0.0.1:${port}`);
      // TEST-NET-1 of RFC 5737 is routed nowhere; some machines say so at once.
      const [first, second] = await Promise.all([silent, sentence("https://192.0.2.1:6443")]);
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

    it("is told at once where nothing listens, or no such host is", async () => {
      for (const [server, words] of [
        [`https://127.0.0.1:${await findFreePort()}`, /does not answer: connect ECONNREFUSED/],
        ["https://nowhere.invalid:6443", /does not answer: getaddrinfo/],
      ] as const) {
        process.env.KUBECONFIG = cluster.kubeconfig("kind-gone", server);
        const started = Date.now();
        assert.match(await refusal(), words);
        assert.ok(Date.now() - started < 3_000);
      }
    });

    it("is an error of refresh, not gone", async () => {
      const { outs } = await handler.create(inputs({ context: "kind-staged" }));
      cluster.fault = () => "cut";
      await assert.rejects(
        handler.read("cluster", outs),
        /^the API server of the Kubernetes context 'kind-staged' .* does not answer/,
      );
    });
  });

  it("says that something else answers in its place", async () => {
    const words = (reason: string) =>
      `what answers for the Kubernetes context 'kind-staged' (${cluster.url}) is no API server: ${reason}; mend this context in the kubeconfig`;
    cluster.fault = () => ({ status: 404, message: "no such page" });
    assert.equal(await refusal(), words("no such page"));
    cluster.fault = () => undefined;
    cluster.version = {} as never;
    assert.equal(await refusal(), words("its version is not that of one"));
    cluster.version = "<html>" as never;
    assert.equal(await refusal(), words("its version is not that of one"));
    cluster.raw = "<html>";
    assert.match(
      await refusal(),
      /^what answers for the Kubernetes context 'kind-staged' .* is no API server: it answers "<html>" to GET \/\w+;/,
    );
  });

  it("says that its credentials are refused", async () => {
    cluster.fault = () => ({ status: 401, message: "Unauthorized" });
    assert.match(
      await refusal(),
      /^the API server of the Kubernetes context 'kind-staged' .* refuses its credentials \(401\): log in again/,
    );
    // As for whom it does not know: the version is told to anyone.
    cluster.fault = (path) =>
      path === "/apis"
        ? { status: 403, message: 'forbidden: User "system:anonymous" cannot get path "/apis"' }
        : undefined;
    assert.match(
      await refusal(),
      /^the user of the Kubernetes context 'kind-staged' may not do this \(403\): forbidden: User "system:anonymous"/,
    );
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

    it("says who it says, having told it the version to say it in, and runs it once for a run", async () => {
      const runs = join(folder, "runs");
      plugin(`
        const { apiVersion, kind } = JSON.parse(process.env.KUBERNETES_EXEC_INFO);
        require("node:fs").appendFileSync(${JSON.stringify(runs)}, "x");
        console.log(JSON.stringify({ apiVersion, kind, status: { token: apiVersion } }));
      `);
      const { inputs: checked, failures } = await handler.check({}, inputs());
      assert.deepEqual(failures, []);
      assert.equal(cluster.authorization, "Bearer client.authentication.k8s.io/v1");
      const made = await Promise.all(Array.from({ length: 5 }, () => handler.create(checked)));
      await handler.read("cluster", made[0]!.outs);
      assert.equal(readFileSync(runs, "utf8"), "x");
    });

    it("says why it failed", async () => {
      plugin("console.error('log in first'); process.exit(3)");
      assert.equal(
        await refusal(),
        "the credentials of the Kubernetes context 'kind-cloud' cannot be had: log in first; log in again, or choose another context",
      );
    });

    it("does not wait for ever when it asks a person", async () => {
      plugin("setTimeout(() => undefined, 3_000)");
      const { failures } = await createClusterHandler({ timeoutMs: 1_000 }).check({}, inputs());
      assert.match(
        failures[0]!.reason,
        /^the credentials of the Kubernetes context 'kind-cloud' cannot be had: no answer within 0.5 s; log in again/,
      );
    });
  });

  for (const [version, minor, refused] of [
    ["v1.28.9", "28", true],
    ["v1.29.0-eks-1", "29+", false],
    ["v1.34.1", "34", false],
  ] as const) {
    it(`${refused ? "is refused" : "is fine"} with ${version}`, async () => {
      cluster.version = { major: "1", minor, gitVersion: version };
      const { failures } = await handler.check({}, inputs());
      const words = `the cluster of the Kubernetes context 'kind-staged' runs Kubernetes ${version}, but 1.29 or later is needed: upgrade it, or choose another context`;
      assert.deepEqual(
        failures.map(({ reason }) => reason),
        refused ? [words] : [],
      );
    });
  }

  it("may not be one that looks like production, unless configuration names it", async () => {
    const server = "https://nowhere.invalid:6443";
    process.env.KUBECONFIG = cluster.kubeconfig("shop-prod", server);
    assert.equal(
      await refusal(),
      "the Kubernetes context 'shop-prod' (https://nowhere.invalid:6443) does not look like a cluster of this machine, and this stack is for those: switch to one that is, or name this one with 'pulumi config set kubernetesContext shop-prod' if it is meant",
    );
    assert.match(await refusal({ context: "shop-prod" }), /does not answer/, "named, it is asked");
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
      assert.match(await refusal(), local ? /does not answer/ : /does not look like a cluster of this machine/);
    });
  }

  it("may be any for a stack that is not for this machine, or by its name", async () => {
    const url = cluster.url.replace("127.0.0.1", "localhost");
    process.env.KUBECONFIG = cluster.kubeconfig("shop-prod", url);
    for (const given of [{ localOnly: false }, { context: "shop-prod" }]) {
      assert.deepEqual((await handler.check({}, inputs(given))).failures, []);
    }
  });

  it("may not change under a stack unless configuration says so", async () => {
    const olds = inputs({ context: "kind-before" });
    assert.equal(
      await refusal({}, olds),
      "this stack is in the Kubernetes context 'kind-before', but the current one is 'kind-staged': switch back with 'kubectl config use-context kind-before', or name the one that is meant with 'pulumi config set kubernetesContext …'",
    );
    assert.deepEqual((await handler.check(olds, inputs({ context: "kind-staged" }))).failures, []);
    assert.deepEqual((await handler.check(inputs({ context: "kind-staged" }), inputs())).failures, []);
  });
});
