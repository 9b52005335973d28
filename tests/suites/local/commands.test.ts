import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Stack } from "../../support/stack/stack.ts";

describe("the commands around a stack (INF-1, INF-10, INF-15)", function () {
  this.timeout(120_000);
  let stack: Stack;
  before(async () => {
    stack = await Stack.create();
  });
  after(() => stack.destroy());

  const notUp = /^Stack 'local' is not up\. Type: make up$/m;

  for (const command of [
    "status",
    "wait",
    "logs",
    "dev",
    "psql",
    "redis-cli",
    "kafka-topics",
    "env",
    "smoke",
    "register-schemas",
  ]) {
    it(`'${command}' says what to type while nothing is up`, async () =>
      assert.match(await stack.expectFailure(command), notUp));
  }

  for (const command of ["up", "down", "status", "preview", "render", "shell"]) {
    it(`'${command}' of a misspelt stack creates nothing, and names the existing stacks`, async () => {
      assert.match(
        await stack.expectFailure(command, "STACK=loca"),
        /^There is no stack 'loca': this clone has (dev, )?local(, prod)?\. /,
      );
      assert.ok(!existsSync(join(stack.root, "Pulumi.loca.yaml")));
    });
  }

  it("'down' of a stack that never existed mentions no data", async () =>
    assert.equal(
      (await stack.expectSuccess("down")).output,
      "Stack 'local' does not exist: there is nothing to stop.\n",
    ));

  it("plain Pulumi can configure a stack before its first 'up', and need not name it", async () => {
    const { output } = await stack.shell(
      "pulumi config set tenants 10001-10003 && pulumi config get tenants && pulumi config rm tenants",
    );
    assert.match(output, /^10001-10003$/m);
  });

  it("'status' and 'logs' show a stack whose first 'up' failed", async () => {
    const folder = join(stack.root, "services", "broken");
    mkdirSync(folder);
    const wallet = JSON.parse(readFileSync(join(stack.root, "services/wallet/plinth.json"), "utf8")) as object;
    const command = ["sh", "-c", "echo no way; exit 3"];
    const own = { name: "broken", port: 8123, command, needs: [], groups: {}, topics: { produces: [], consumes: [] } };
    writeFileSync(join(folder, "plinth.json"), JSON.stringify({ ...wallet, ...own, migrations: undefined }));
    try {
      assert.match(await stack.expectFailure("up"), /process 'broken' exited with code 3[\s\S]*no way/);
      assert.match(await stack.expectFailure("status"), /^broken +failed /m);
      assert.match((await stack.expectSuccess("logs", "SERVICE=broken")).output, /no way/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("'logs' shows the last lines of one process, or of all with their names", async () => {
    await stack.expectSuccess("up");
    const one = (await stack.expectSuccess("logs", "SERVICE=wallet")).output;
    assert.match(one, /^[\d:.]{12} INFO {2}wallet {2}started$/m);
    assert.doesNotMatch(one, /kafka {2}/m);
    const all = (await stack.expectSuccess("logs")).output;
    for (const name of ["postgres", "wallet"]) assert.match(all, new RegExp(`^[\\d:.]{12} [A-Z]+ +${name} `, "m"));
    assert.match(
      await stack.expectFailure("logs", "SERVICE=walet"),
      /There is no process 'walet'; those with logs are .*wallet/,
    );
  });

  it("'status' lists each process with its memory, and 'wait' finds all of them ready", async () => {
    const { output } = await stack.expectSuccess("status");
    for (const name of ["highload", "kafka", "postgres", "redis", "schema-registry", "wallet"])
      assert.match(output, new RegExp(`^${name} +ready +\\d+ +0 +\\d+ MiB$`, "m"));
    assert.match((await stack.expectSuccess("wait")).output, /^Everything is ready\.$/m);
  });

  it("'register-schemas' writes nothing when all is there (INF-7)", async () => {
    assert.match((await stack.expectSuccess("register-schemas")).output, /^Everything was there: nothing written\.$/m);
  });

  it("'integration' starts it, places a bet and stops it", async () => {
    const { output } = await stack.expectSuccess("integration");
    assert.match(output, /"event_type": "BET_PLACED"/);
    assert.match(output, /^The platform works\.$/m);
    await stack.assertNothingLeft();
    assert.match(await stack.expectFailure("status"), notUp);
  });
});
