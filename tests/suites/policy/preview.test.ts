import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { locatePulumi } from "@plinth/toolchain/pulumi/pulumi.ts";
import { Command } from "../../support/stack/command.ts";

/** The program by which the engine starts packs of the runtime `plain-node`. */
const HOST = "pulumi-analyzer-policy-plain-node";

/**
 * Only the official CLI has a language host that starts packs. So the pack's runtime has another
 * name here, for which the engine finds a host on PATH: it starts the same SDK module as the
 * official one.
 */
describe("the policy pack, run by the real engine (PLT-8)", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-policy-"));
  const packFolder = join(folder, "pack");
  let env: NodeJS.ProcessEnv;

  before(async () => {
    const engine = await locatePulumi();
    assert.ok(engine, "Pulumi is missing; run make setup");
    for (const name of ["pack", "bin", "state"]) mkdirSync(join(folder, name));
    const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
    writeFileSync(
      join(folder, "bin", HOST),
      `#!/bin/sh\nexport PULUMI_NODEJS_PROJECT="$PULUMI_PROJECT" PULUMI_NODEJS_STACK="$PULUMI_STACK"\nexec '${process.execPath}' '${runner}' "$@"\n`,
    );
    chmodSync(join(folder, "bin", HOST), 0o755);
    writeFileSync(join(packFolder, "PulumiPolicy.yaml"), "runtime: plain-node\n");
    copyFileSync(`${root}/policy/package.json`, join(packFolder, "package.json"));
    symlinkSync(`${root}/policy/start.js`, join(packFolder, "start.js"));
    for (const place of [folder, packFolder]) symlinkSync(`${root}/node_modules`, join(place, "node_modules"));
    writeProgram();
    env = {
      ...process.env,
      PATH: [join(folder, "bin"), dirname(process.execPath), engine.directory, process.env.PATH].join(delimiter),
      PULUMI_BACKEND_URL: `file://${join(folder, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "test",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
      PULUMI_SKIP_UPDATE_CHECK: "true",
    };
  });

  after(() => rmSync(folder, { recursive: true, force: true }));

  it("refuses a preview of production that breaks production's rules", async () => {
    const { code, output } = await preview("prod");
    assert.notEqual(code, 0);
    assert.match(output, /\[mandatory\] +replication +\(pulumi-nodejs:dynamic\/plinth:KafkaTopics: topics\)/);
    assert.match(
      output,
      /topic V1_BETS has 1 of 3 replicas: losing a broker loses records; set replicationFactor to 3/,
    );
  });

  it("accepts the same program as a development stack", async () => {
    const { code, output } = await preview("dev");
    assert.equal(code, 0, output);
    assert.match(output, /✅ plinth@v[\d.]+ /);
  });

  /** A program of a dynamic resource alone, which needs no plugin. */
  function writeProgram(): void {
    writeFileSync(
      join(folder, "Pulumi.yaml"),
      "name: policy-preview\nruntime: { name: nodejs, options: { typescript: false } }\nmain: index.js\n",
    );
    writeFileSync(join(folder, "package.json"), '{ "name": "policy-preview", "type": "module" }\n');
    writeFileSync(
      join(folder, "index.js"),
      'import { KafkaTopics } from "@plinth/providers/kafka-topics.ts";\nnew KafkaTopics("topics", { brokers: ["localhost:1"], topics: { V1_BETS: { partitions: 1 } } });\n',
    );
  }

  async function preview(stack: string) {
    await pulumi("stack", "init", stack);
    return pulumi("preview", "-s", stack, "--policy-pack", packFolder, "--non-interactive");
  }

  function pulumi(...args: string[]) {
    return new Command("pulumi", args, { cwd: folder, env, seconds: 60 }).result;
  }
});
