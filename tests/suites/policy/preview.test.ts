import assert from "node:assert/strict";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { root } from "@plinth/local/locations.ts";
import { locatePulumi } from "@plinth/toolchain/pulumi/pulumi.ts";
import { Command } from "../../support/stack/command.ts";

/**
 * Only the official CLI has a language host that starts packs. So the engine gets an executable
 * here, which it starts itself: the same SDK module that the official host starts.
 */
describe("the policy pack, run by the real engine (PLT-8)", () => {
  const folder = mkdtempSync(join(tmpdir(), "plinth-policy-"));
  const packFolder = join(folder, "pack");
  const pack = join(packFolder, "pack");
  let env: NodeJS.ProcessEnv;

  before(async () => {
    const engine = await locatePulumi();
    assert.ok(engine, "Pulumi is missing; run make setup");
    for (const name of ["pack", "state"]) mkdirSync(join(folder, name));
    const runner = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run-policy-pack");
    writeFileSync(pack, `#!/bin/sh\ncd '${packFolder}'\nexec '${process.execPath}' '${runner}' "$1" .\n`);
    chmodSync(pack, 0o755);
    copyFileSync(`${root}/policy/package.json`, join(packFolder, "package.json"));
    symlinkSync(`${root}/policy/start.js`, join(packFolder, "start.js"));
    for (const place of [folder, packFolder]) symlinkSync(`${root}/node_modules`, join(place, "node_modules"));
    writeProgram();
    env = {
      ...process.env,
      PATH: [dirname(process.execPath), engine.directory, process.env.PATH].join(delimiter),
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
    await pulumi(stack, "stack", "init", stack);
    return pulumi(stack, "preview", "-s", stack, "--policy-pack", pack, "--non-interactive");
  }

  function pulumi(stack: string, ...args: string[]) {
    // The official host sets these for the pack.
    const names = { PULUMI_NODEJS_PROJECT: "policy-preview", PULUMI_NODEJS_STACK: stack };
    return new Command("pulumi", args, { cwd: folder, env: { ...env, ...names }, seconds: 60 }).result;
  }
});
