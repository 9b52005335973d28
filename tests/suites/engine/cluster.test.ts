import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { engineEnvironment } from "../../../cli/stack/engine-environment.ts";
import { FakeApiServer } from "../../support/kubernetes/fake-api-server.ts";
import { Command, type Result } from "../../support/stack/command.ts";

const PROGRAM = `
import { Cluster } from "@plinth/providers/cluster.ts";
const { TEST_CONTEXT: context } = process.env;
const cluster = new Cluster("cluster", { namespace: "dev-infra", localOnly: true, ...(context && { context }) });
export const { context: context_, serverVersion } = cluster;
`;

describe("The cluster of a stack, by the real engine (PLT-1)", function () {
  // Seven runs of the engine, 2 to 4 s each.
  this.timeout(120_000);
  let home: string;
  let cluster: FakeApiServer;
  let env: NodeJS.ProcessEnv;
  const pulumi = (...args: string[]): Promise<Result> =>
    new Command("pulumi", [...args, "--stack", "test"], { cwd: home, env, seconds: 60 }).result;

  before(async () => {
    home = mkdtempSync(join(tmpdir(), "plinth-cluster-"));
    cluster = await new FakeApiServer().start();
    writeFileSync(
      join(home, "Pulumi.yaml"),
      "name: cluster\nruntime:\n  name: nodejs\n  options:\n    typescript: false\nmain: index.ts\n",
    );
    writeFileSync(join(home, "package.json"), JSON.stringify({ type: "module" }));
    writeFileSync(join(home, "index.ts"), PROGRAM);
    symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
    mkdirSync(join(home, "state"));
    env = {
      ...process.env,
      ...(await engineEnvironment("local")),
      PULUMI_BACKEND_URL: `file://${home}/state`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      HOME: home,
    };
    delete env.KUBECONFIG;
    const { code, output } = await pulumi("stack", "init");
    assert.equal(code, 0, output);
  });
  after(async () => {
    await cluster.stop();
    rmSync(home, { recursive: true, force: true });
  });

  function refusedWith(sentence: string, { code, output }: Result): void {
    assert.notEqual(code, 0);
    const [, diagnostics] = /\nDiagnostics:\n(.*?)\n\n/s.exec(output) ?? [];
    const lines = (diagnostics ?? "").split("\n").map((line) => line.trim());
    assert.equal(lines.length, 2, `who and why, in:\n${output}`);
    assert.ok(lines[1]!.includes(sentence), output);
    assert.doesNotMatch(output, /\n\s+at |s3cret/, "no stack trace");
  }

  it("is missing in a plan of one line", async () => {
    refusedWith(
      "no Kubernetes context: there is no ~/.kube/config; make one with 'kind create cluster'",
      await pulumi("preview"),
    );
  });

  it("is named in the plan, and the state holds nothing else of the kubeconfig", async () => {
    env.KUBECONFIG = cluster.kubeconfig();
    const plan = await pulumi("preview", "--diff");
    assert.equal(plan.code, 0, plan.output);
    // An output of the program, so resources that depend on it know it in the plan.
    assert.match(plan.output, /context_ +: "kind-staged"/);
    const done = await pulumi("up", "--yes", "--skip-preview");
    assert.match(done.output, /serverVersion: "v1\.34\.1"/);
    const state = readFileSync(join(home, "state", ".pulumi", "stacks", "cluster", "test.json"), "utf8");
    assert.match(state, /kind-staged/);
    assert.doesNotMatch(state, /s3cret|127\.0\.0\.1/);
    assert.match((await pulumi("preview")).output, /2 unchanged/);
  });

  it("may be another context only if configuration names it, or if it is the same cluster", async () => {
    env.KUBECONFIG = cluster.kubeconfig("kind-other");
    assert.match((await pulumi("preview")).output, /~ 1 to update/, "renamed");
    cluster.namespaces["kube-system"]!.uid = "uid-of-another-cluster";
    refusedWith(
      "this stack is in the Kubernetes context 'kind-staged', but the current one is 'kind-other'",
      await pulumi("preview"),
    );
    env.TEST_CONTEXT = "kind-other";
    assert.match((await pulumi("preview")).output, /~ 1 to update/);
    cluster.namespaces["kube-system"]!.uid = "uid-of-the-cluster";
  });

  it("is kept by a refresh while it does not answer, and goes with its stack", async () => {
    env.KUBECONFIG = cluster.kubeconfig();
    cluster.fault = () => "cut";
    const { code, output } = await pulumi("refresh", "--yes", "--skip-preview");
    assert.notEqual(code, 0);
    assert.match(output, /the API server of the Kubernetes context 'kind-staged' .* does not answer/);
    assert.doesNotMatch(output, /\n\s+at /, "no stack trace");
    const { output: gone } = await pulumi("destroy", "--yes", "--skip-preview");
    assert.match(gone, /2 deleted/);
  });
});
