import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { forgetGoneCluster } from "../../../../cli/stack/cluster-identity.ts";
import type { Engine } from "../../../../cli/stack/engine.ts";
import { FakeApiServer } from "../../../support/kubernetes/fake-api-server.ts";

const urn = (type: string, name: string) => `urn:pulumi:dev::plinth::${type}::${name}`;
const CLUSTER = "pulumi-nodejs:dynamic/plinth:Cluster";

/** The engine's part of the state, and what was imported. */
class StateFile {
  readonly folder = mkdtempSync(join(tmpdir(), "plinth-identity-"));
  readonly exists = true;
  readonly stack = "dev";
  readonly stateFile = join(this.folder, "dev.json");
  imported: { resources?: { type: string; inputs: object }[] } | undefined;
  readonly #latest: object;

  constructor(clusterUid: string) {
    const inputs = { context: "kind-before", namespace: "dev-infra", clusterUid, stackId: "own" };
    const resources = [
      { urn: urn(CLUSTER, "c"), type: CLUSTER, inputs },
      { urn: urn("pulumi:providers:kubernetes", "p"), type: "pulumi:providers:kubernetes", inputs },
      {
        urn: urn("kubernetes:core/v1:ConfigMap", "m"),
        type: "kubernetes:core/v1:ConfigMap",
        inputs: { data: { context: "kind-before" } },
      },
    ];
    this.#latest = { resources };
    writeFileSync(this.stateFile, JSON.stringify({ version: 3, checkpoint: { latest: this.#latest } }));
  }

  async capture(command: string, _option?: string, file?: string): Promise<string> {
    if (command === "stack import") this.imported = JSON.parse(readFileSync(file!, "utf8")).deployment;
    return JSON.stringify({ version: 3, deployment: this.#latest });
  }
}

describe("The cluster that the state of a stack names (PLT-1)", () => {
  const { KUBECONFIG } = process.env;
  let cluster: FakeApiServer;
  let state: StateFile;

  before(async () => {
    cluster = await new FakeApiServer().start();
    process.env.KUBECONFIG = cluster.kubeconfig("kind-after");
  });
  after(async () => {
    await cluster.stop();
    if (KUBECONFIG === undefined) delete process.env.KUBECONFIG;
    else process.env.KUBECONFIG = KUBECONFIG;
  });
  afterEach(() => rmSync(state.folder, { recursive: true }));

  it("is followed when only its context has another name", async () => {
    state = new StateFile("uid-of-the-cluster");
    await forgetGoneCluster(state as unknown as Engine);
    const contexts = state.imported?.resources?.map(({ inputs }) => JSON.stringify(inputs).match(/kind-\w+/)?.[0]);
    assert.deepEqual(contexts, ["kind-after", "kind-after", "kind-before"], "a user's own data stays");
  });

  it("is not taken for the current one, which is another", async () => {
    state = new StateFile("uid-of-another");
    await assert.rejects(
      forgetGoneCluster(state as unknown as Engine),
      /no Kubernetes context 'kind-before'.*'make down STACK=dev PURGE=1' forgets it/,
    );
    assert.equal(state.imported, undefined);
  });
});
