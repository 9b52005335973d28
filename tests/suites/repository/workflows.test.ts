import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { locatePulumi } from "@plinth/toolchain/pulumi/pulumi.ts";
import { installMissing } from "@plinth/toolchain/setup.ts";
import { actionlintProgram, actionlintTool } from "@plinth/toolchain/workflows/actionlint.ts";
import { load } from "js-yaml";

interface Step {
  uses?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

interface Job {
  if?: string;
  needs?: string | string[];
  permissions?: Record<string, string>;
  environment?: string;
  env?: Record<string, string>;
  steps: Step[];
}

interface Workflow {
  on: Record<string, { types?: string[] } | null>;
  permissions: Record<string, string>;
  defaults: { run: { shell: string } };
  concurrency: { group: string; "cancel-in-progress": boolean };
  jobs: Record<string, Job>;
}

const folder = join(root, ".github/workflows");
const names = readdirSync(folder).sort();
const text = Object.fromEntries(names.map((name) => [name, readFileSync(join(folder, name), "utf8")]));
const workflows = Object.fromEntries(names.map((name) => [name, load(text[name]!) as Workflow]));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  devDependencies: Record<string, string>;
  engines: { node: string };
};

function jobs(): [where: string, job: Job][] {
  return names.flatMap((name) =>
    Object.entries(workflows[name]!.jobs).map(([job, body]): [string, Job] => [`${name}: ${job}`, body]),
  );
}

function steps(): [where: string, step: Step][] {
  return jobs().flatMap(([where, job]) => job.steps.map((step): [string, Step] => [where, step]));
}

/** The commands of all scripts, a line each, that begin with `program`. */
function commands(program: string): [where: string, words: string[]][] {
  return steps().flatMap(([where, { run = "" }]) =>
    run
      .split("\n")
      .map((line) => line.trim().split(/\s+/))
      .filter(([first]) => first === program)
      .map((words): [string, string[]] => [where, words.slice(1)]),
  );
}

describe("workflows (SHOP-8, PLT-8)", () => {
  it("pass actionlint", async () => {
    await installMissing([actionlintTool]);
    // Without the checkers of scripts, which only some machines have.
    const options = ["-no-color", "-shellcheck=", "-pyflakes="];
    const files = names.map((name) => join(folder, name));
    const { status, stdout } = spawnSync(actionlintProgram(), [...options, ...files], { cwd: root, encoding: "utf8" });
    assert.deepEqual([status, stdout], [0, ""]);
  });

  it("are three", () => {
    assert.deepEqual(names, ["check.yml", "preview.yml", "release.yml"]);
    assert.deepEqual(Object.keys(workflows["check.yml"]!.on), ["push", "pull_request"]);
    assert.deepEqual(Object.keys(workflows["preview.yml"]!.on), ["pull_request"]);
    assert.deepEqual(workflows["release.yml"]!.on, { release: { types: ["published"] } });
  });

  it("may only read, except two jobs that write a result", () => {
    for (const name of names) assert.deepEqual(workflows[name]!.permissions, { contents: "read" }, name);
    const more = jobs().filter(([, { permissions }]) => permissions !== undefined);
    assert.deepEqual(Object.fromEntries(more.map(([where, { permissions }]) => [where, permissions])), {
      "preview.yml: comment": { "pull-requests": "write" },
      "release.yml: record": { contents: "write" },
    });
  });

  it("give no secret and no source of a pull request to a job that may write (SHOP-7)", () => {
    for (const [where, job] of jobs().filter(([, { permissions }]) => permissions !== undefined)) {
      assert.doesNotMatch(JSON.stringify(job), /secrets\./, where);
      assert.ok(!job.steps.some(({ uses = "" }) => uses.startsWith("actions/checkout@")), where);
    }
  });

  it("use secrets for branches of this repository only, and say so to others", () => {
    const own = "github.event.pull_request.head.repo.full_name == github.repository";
    const { plan, "without-secrets": others } = workflows["preview.yml"]!.jobs;
    assert.ok(plan!.if!.includes(own));
    assert.ok(others!.if!.includes(own.replace("==", "!=")));
    const withSecrets = jobs().filter(([, job]) => JSON.stringify(job).includes("secrets."));
    assert.deepEqual(
      withSecrets.map(([where]) => where),
      ["preview.yml: plan", "release.yml: image", "release.yml: deploy"],
    );
  });

  it("pin each action by its commit with its version, and leave no token after a checkout", () => {
    for (const line of Object.values(text)
      .flatMap((one) => one.split("\n"))
      .filter((one) => /\buses:/.test(one)))
      assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    for (const [where, { uses = "", with: given }] of steps())
      if (uses.startsWith("actions/checkout@")) assert.equal(given?.["persist-credentials"], false, where);
  });

  it("use one commit for each action", () => {
    const commits = new Map<string, string>();
    for (const [where, { uses }] of steps()) {
      const [action, commit] = uses?.split("@") ?? [];
      if (action === undefined || commit === undefined) continue;
      assert.equal(commits.get(action) ?? commit, commit, `${where}: ${action}`);
      commits.set(action, commit);
    }
  });

  it("put no text of strangers into a script", () => {
    for (const [where, { run = "" }] of steps()) assert.doesNotMatch(run, /\$\{\{/, where);
  });

  it("fail when a command within a pipe does", () => {
    for (const name of names) assert.equal(workflows[name]!.defaults.run.shell, "bash", name);
  });

  it("never run two releases at once, cut none short, and wait for approval", () => {
    const { concurrency, jobs: released } = workflows["release.yml"]!;
    assert.deepEqual(concurrency, { group: "production", "cancel-in-progress": false });
    assert.equal(released.deploy!.environment, "production");
    assert.equal(released.deploy!.needs, "image");
    for (const name of ["check.yml", "preview.yml"]) assert.match(workflows[name]!.concurrency.group, /github\.ref/);
  });

  it("name no registry: variables hold it", () => {
    for (const name of names)
      assert.doesNotMatch(text[name]!, /\b(ghcr|docker|gcr|quay|ecr|pkg|azurecr|registry)\.(io|dev|aws|npmjs)\b/, name);
  });

  it("call existing targets, tools and options", async () => {
    const makefile = readFileSync(join(root, "Makefile"), "utf8");
    const targets = commands("make");
    assert.ok(targets.length >= 2);
    for (const [where, [target]] of targets)
      assert.match(makefile, new RegExp(`^${target}:`, "m"), `${where}: make ${target}`);
    for (const [where, [file]] of commands("node")) assert.ok(existsSync(join(root, file!)), `${where}: node ${file}`);
    await assertPulumi();
  });

  it("build every service from an existing file", () => {
    const build = workflows["release.yml"]!.jobs.image!.steps.find(({ uses = "" }) =>
      uses.startsWith("docker/build-push-action@"),
    );
    assert.ok(existsSync(join(root, String(build!.with!.file))));
    const [script] = workflows["release.yml"]!.jobs.services!.steps.flatMap(({ run }) => run ?? []);
    assert.match(script!, /services\/\*\/plinth\.json/);
  });

  it("preview and deploy production with the policy pack, and never print secrets", () => {
    const run = commands("pulumi").filter(([, [command]]) => command === "preview" || command === "up");
    assert.deepEqual(
      run.map(([where, [command]]) => `${where} ${command}`),
      ["preview.yml: plan preview", "release.yml: deploy up"],
    );
    for (const [, words] of run) {
      assert.match(words.join(" "), /^\w+ -s prod --policy-pack policy .*--suppress-outputs/);
      assert.ok(!words.includes("--show-secrets"));
    }
    assert.ok(existsSync(join(root, "policy/PulumiPolicy.yaml")));
  });

  it("use the engine and the Node of this repository", () => {
    for (const [where, { uses = "", with: given = {} }] of steps()) {
      if (uses.startsWith("pulumi/actions@"))
        assert.equal(given["pulumi-version"], manifest.devDependencies.pulumi, where);
      if (uses.startsWith("actions/setup-node@"))
        assert.ok(Number(given["node-version"]) > Number.parseFloat(manifest.engines.node.slice(2)), where);
    }
  });
});

/** Each option stands in the command's own help. */
async function assertPulumi(): Promise<void> {
  const engine = await locatePulumi();
  assert.ok(engine, "Pulumi is missing; run make setup");
  for (const [where, words] of commands("pulumi")) {
    const options = words.filter((word) => word.startsWith("-"));
    const command = words.slice(0, words[1] === "set" ? 2 : 1);
    const help = execFileSync(join(engine.directory, "pulumi"), [...command, "--help"], { encoding: "utf8" });
    for (const option of options)
      assert.match(help, new RegExp(`(^|[\\s,])${option}\\b`, "m"), `${where}: pulumi ${command.join(" ")} ${option}`);
  }
}
