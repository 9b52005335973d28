import assert from "node:assert/strict";
import { existsSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { eventually } from "../../support/eventually.ts";
import { type Cluster, cluster } from "../../support/kubernetes/cluster.ts";
import { cloneRepository } from "../../support/stack/clone.ts";
import { Command, type Result } from "../../support/stack/command.ts";
import { processesOf } from "../../support/stack/processes.ts";

const PROGRAM = new URL("recovery-program.ts", import.meta.url).pathname;
const PLUGIN = join(import.meta.dirname, "../../support/kubernetes/plugin");
const KINDS = ["Service", "ServiceAccount", "ConfigMap", "NetworkPolicy"];
/** Of the program and its namespace's NetworkPolicy. */
const OBJECTS = 13;

/** A clone whose stack `dev` is in a namespace of its own. */
class DevStack {
  readonly root = cloneRepository(PROGRAM);
  readonly #running: Cluster;
  readonly #namespace: string;

  constructor(running: Cluster, namespace: string) {
    this.#running = running;
    this.#namespace = namespace;
    const config = { runtime: "kubernetes", namespace, kubernetesContext: running.context };
    const lines = Object.entries(config).map(([name, value]) => `  plinth:${name}: ${value}`);
    const salt = /^encryptionsalt:.*$/m.exec(readFileSync(join(root, "Pulumi.dev.yaml"), "utf8"))?.[0] ?? "";
    writeFileSync(join(this.root, "Pulumi.dev.yaml"), [salt, "config:", ...lines, ""].join("\n"));
  }

  start(target: string, changeMs = 0): Command {
    const foreign = /^(PULUMI_|PLINTH_|npm_|MAKE)/;
    const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !foreign.test(name)));
    const env = {
      ...inherited,
      PATH: [PLUGIN, process.env.PATH].join(delimiter),
      KUBECONFIG: this.#running.kubeconfig,
      TEST_KUBERNETES_PLUGIN: join(PLUGIN, "main.ts"),
      TEST_CHANGE_MS: String(changeMs),
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    return new Command("make", ["-s", target, "STACK=dev"], { cwd: this.root, env, seconds: 60 });
  }

  async make(target: string): Promise<Result> {
    const result = await this.start(target).result;
    assert.equal(result.code, 0, result.output);
    return result;
  }

  /** Kills the engine once `isTime`, while each change takes a while. */
  async killed(target: "up" | "down", isTime: () => Promise<boolean>): Promise<void> {
    const command = target === "up" ? "pulumi up " : "pulumi destroy ";
    const run = this.start(target, 300);
    const engine = await eventually(
      "the engine",
      () => processesOf(this.root).find(({ command: line }) => line.startsWith(command)),
      30,
    );
    await eventually("the moment of the kill", isTime, 30);
    process.kill(engine.pid, "SIGKILL");
    assert.notEqual((await run.result).code, 0);
  }

  async objects(): Promise<string[]> {
    const lists = await Promise.all(
      KINDS.map((kind) =>
        this.#running.api.list(kind === "NetworkPolicy" ? "networking.k8s.io/v1" : "v1", kind, this.#namespace),
      ),
    );
    return lists
      .flat()
      .filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/part-of"] === "plinth")
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
      .sort();
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

describe("A stack in a cluster whose engine was killed (PLT-10)", function () {
  this.timeout(180_000);
  let running: Cluster;
  let stack: DevStack;
  let all: string[];
  before(async () => {
    running = await cluster();
    stack = new DevStack(running, "recovery");
  });
  after(() => stack.remove());

  it("has its objects after 'up', which writes the state at its end", async () => {
    await stack.make("up");
    all = await stack.objects();
    assert.equal(all.length, OBJECTS);
  });

  it("gets back what a killed 'down' had deleted", async () => {
    await stack.killed("down", async () => (await stack.objects()).length < OBJECTS - 3);
    await stack.make("up");
    assert.deepEqual(await stack.objects(), all);
    assert.match((await stack.make("up")).output, /unchanged/);
  });

  it("is gone after 'down', whatever a killed first 'up' had created", async () => {
    await stack.make("down");
    assert.deepEqual(await stack.objects(), []);
    await stack.killed("up", async () => (await stack.objects()).length > 4);
    await stack.make("down");
    assert.deepEqual(await stack.objects(), []);
  });

  it("is completed by 'up' after a killed first 'up', and after two", async () => {
    await stack.killed("up", async () => (await stack.objects()).length > 2);
    await stack.killed("up", async () => (await stack.objects()).length > 7);
    await stack.make("up");
    assert.deepEqual(await stack.objects(), all);
    assert.equal(existsSync(join(stack.root, ".plinth", "state", "dev.running.json")), false);
  });

  it("is not taken over by another clone, whose 'up' and 'down' change nothing", async () => {
    const other = new DevStack(running, "recovery");
    try {
      const { code, output } = await other.start("up").result;
      assert.notEqual(code, 0);
      assert.match(output, /namespace 'recovery' .* belongs to another stack, [0-9a-f-]{36}/);
      await other.make("down");
      assert.deepEqual(await stack.objects(), all);
    } finally {
      other.remove();
    }
  });

  it("begins anew in a new cluster under the same context", async () => {
    const state = join(stack.root, ".plinth", "state", ".pulumi", "stacks", "plinth", "dev.json");
    const { metadata } = await running.api.get({
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: "kube-system" },
    });
    const uid = (metadata as { uid?: string }).uid!;
    await Promise.all(KINDS.map((kind) => deleteAll(kind)));
    writeFileSync(state, readFileSync(state, "utf8").replaceAll(uid, "uid-of-the-former-cluster"));
    // As `kind create cluster` does.
    utimesSync(running.kubeconfig, new Date(), new Date(Date.now() + 1000));
    const { output } = await stack.make("up");
    assert.match(output, /The cluster of stack 'dev' is gone/);
    assert.deepEqual(await stack.objects(), all);
    await stack.make("down");
  });

  async function deleteAll(kind: string): Promise<void> {
    const apiVersion = kind === "NetworkPolicy" ? "networking.k8s.io/v1" : "v1";
    for (const object of await running.api.list(apiVersion, kind, "recovery"))
      if (object.metadata.labels?.["app.kubernetes.io/part-of"]) await running.api.delete(object);
  }
});
