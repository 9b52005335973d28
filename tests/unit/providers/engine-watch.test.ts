import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { engineAddress, isStartedByEngine } from "@plinth/providers/engine-watch.ts";

describe("The watch over the engine (PLT-10)", () => {
  it("is kept by the program and the provider host, and by no other process", () => {
    assert.ok(isStartedByEngine(["node", "/app/node_modules/@pulumi/pulumi/cmd/run", "an-argument"]));
    assert.ok(isStartedByEngine(["node", "/app/node_modules/@pulumi/pulumi/cmd/run/index.js"]));
    const host = "/app/node_modules/@pulumi/pulumi/cmd/dynamic-provider";
    assert.ok(isStartedByEngine(["node", `${host}/index.js`, "127.0.0.1:2"]));
    assert.ok(isStartedByEngine(["node", host, "127.0.0.1:2"]));
    assert.ok(!isStartedByEngine(["node", "/app/deploy-by-automation-api.ts"]));
    assert.ok(!isStartedByEngine(["node", "/app/node_modules/mocha/bin/mocha.js"]));
    assert.deepEqual(engineAddress("127.0.0.1:2"), { host: "127.0.0.1", port: 2 });
    assert.equal(engineAddress(undefined), undefined);
  });

  it("leaves alone a process that outlives the shell that started it", () => {
    const module = JSON.stringify(import.meta.resolve("@plinth/providers/engine-watch.ts"));
    const program = `await import(${module}); setTimeout(() => console.log("done"), 1200)`;
    const script = '("$0" --input-type=module -e "$1" &)';
    const { stdout } = spawnSync("sh", ["-c", script, process.execPath, program], { encoding: "utf8" });
    assert.equal(stdout, "done\n");
  }).timeout(10_000);
});
