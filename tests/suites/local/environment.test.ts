import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../../support/stack/stack.ts";

/** Unique, so that a search finds no other text. */
const KEY = "key-8b41f0aa93-Qw";
const TENANT = "10001";

describe("variables of services that a stack's configuration sets", function () {
  this.timeout(180_000);
  let stack: Stack;
  before(async () => {
    stack = await Stack.create();
    await configure(
      "--path environment.highload.RATE_LIMIT_PER_MINUTE 3",
      "--path 'environment[\"*\"].LOG_LEVEL' warn",
    );
    await stack.expectSuccess("up");
  });
  after(() => stack.destroy());

  async function configure(...settings: string[]): Promise<void> {
    const lines = settings.map((setting) => `pulumi config set --stack local ${setting}`);
    const { code, output } = await stack.shell(`pulumi stack select --create local && ${lines.join(" && ")}`);
    assert.equal(code, 0, output);
  }

  /** Statuses of repeated requests of one tenant for an unknown user. */
  async function statuses(times: number): Promise<number[]> {
    const url = `http://localhost:${stack.ports.highload}/api/v1/users/${randomUUID()}`;
    const found: number[] = [];
    for (let i = 0; i < times; i++) found.push((await fetch(url, { headers: { "x-tenant-id": TENANT } })).status);
    return found;
  }

  const pids = async () => new Map((await stack.assertHealthy()).map(({ name, pid }) => [name, pid]));
  const environmentOf = async (name: string) =>
    readFileSync(`/proc/${(await pids()).get(name)}/environ`, "utf8").split("\0");

  it("reach the service, and every service gets the stack's name", async () => {
    assert.ok((await statuses(8)).includes(429));
    const [highload, wallet] = await Promise.all(["highload", "wallet"].map(environmentOf));
    assert.ok(highload!.includes("RATE_LIMIT_PER_MINUTE=3") && !wallet!.some((line) => line.startsWith("RATE_LIMIT")));
    for (const one of [highload!, wallet!])
      assert.ok(one.includes("LOG_LEVEL=warn") && one.includes("ENVIRONMENT=local"));
  });

  it("restart only that service when they change", async () => {
    const before = await pids();
    await configure("--path environment.highload.RATE_LIMIT_PER_MINUTE 0");
    await stack.expectSuccess("up");
    const after = await pids();
    assert.deepEqual(
      [...after].flatMap(([name, pid]) => (before.get(name) === pid ? [] : [name])),
      ["highload"],
    );
    assert.deepEqual(new Set(await statuses(8)), new Set([404]));
  });

  it("keep the running version when the service refuses them, with its message", async () => {
    await configure("--path environment.highload.WORKERS many");
    assert.match(await stack.expectFailure("up"), /WORKERS must be a whole number from 1 to 64/);
    assert.deepEqual(new Set(await statuses(1)), new Set([404]));
  });

  it("reach the service when one is a secret, and appear in no plan, state, log or configuration (PLT-8)", async () => {
    await configure("--path environment.highload.WORKERS 4", `--path --secret environment.highload.API_KEY '${KEY}'`);
    const { output } = await stack.expectSuccess("up");
    assert.doesNotMatch(output + (await stack.expectSuccess("preview")).output, new RegExp(KEY));
    const variables = await environmentOf("highload");
    assert.ok(
      variables.includes(`API_KEY=${KEY}`) && variables.includes("WORKERS=4") && variables.includes("LOG_LEVEL=warn"),
    );
    const holders = filesIn("").filter((file) => readFileSync(file).includes(KEY));
    assert.ok(holders.length > 0);
    for (const file of holders) {
      assert.ok(file.startsWith(join(stack.directory, "supervisor")), file);
      assert.equal(statSync(file).mode & 0o077, 0, `${file} is readable for others`);
    }
  });

  const filesIn = (folder: string): string[] =>
    readdirSync(join(stack.root, folder), { withFileTypes: true }).flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return entry.name === "node_modules" ? [] : filesIn(path);
      return entry.isFile() ? [join(stack.root, path)] : [];
    });
});
