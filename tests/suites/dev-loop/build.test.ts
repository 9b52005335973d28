import assert from "node:assert/strict";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import type { ServiceDescriptor } from "../../../components/service/descriptor-rule.ts";
import { eventually } from "../../support/eventually.ts";
import { Stack } from "../../support/stack/stack.ts";

const descriptor: ServiceDescriptor = {
  name: "toy",
  description: "Answers what it was built from",
  port: 8500,
  command: ["node", "serve.cjs"],
  build: [["node", "build.cjs"]],
  probes: { live: "/", ready: "/" },
  metrics: "/",
  openapi: "/",
  needs: [],
  topics: { produces: [], consumes: [] },
  tenant: "none",
};
const BUILD = `
  const { appendFileSync, existsSync, readFileSync, writeFileSync } = require("node:fs");
  const source = readFileSync("source.txt", "utf8");
  const note = (what) => appendFileSync(".plinth/builds", what + " " + source + "\\n");
  const end = () => {
    if (!existsSync(".plinth/go")) return setTimeout(end, 10);
    note("ends");
    if (source === "wrong") process.exit(1);
    writeFileSync(".plinth/built", source);
  };
  note("begins");
  end();`;
const SERVE = `
  const built = require("node:fs").readFileSync(".plinth/built", "utf8");
  require("node:http").createServer((request, response) => response.end(built)).listen(Number(process.env.PORT), "127.0.0.1");`;

describe("make dev: a service with a build (INF-15)", function () {
  this.timeout(60_000);
  let stack: Stack;
  let directory: string;
  let port: number;
  before(async () => {
    stack = await Stack.create();
    directory = join(stack.root, ".plinth", "toy");
    port = await findFreePort();
    mkdirSync(join(stack.root, "services/toy/.plinth"), { recursive: true });
    for (const [name, text] of Object.entries({
      "plinth.json": JSON.stringify(descriptor),
      "build.cjs": BUILD,
      "serve.cjs": SERVE,
      Dockerfile: "",
    }))
      write(name, text);
  });
  after(async () => {
    const { stopAll } =
      await ofClone<typeof import("@plinth/local/supervisor/client.ts")>("local/supervisor/client.ts");
    await stopAll(directory);
    await stack.destroy();
  });

  /** Modules of the clone, whose services they find. */
  const ofClone = <T>(file: string) => import(join(stack.root, file)) as Promise<T>;
  const write = (name: string, text: string) => writeFileSync(join(stack.root, "services/toy", name), text);
  const builds = () => readFileSync(join(stack.root, "services/toy/.plinth/builds"), "utf8").trim().split("\n");
  const answer = async () => (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: "close" } })).text();

  it("builds one version after the other, and runs the last one", async () => {
    const { apply } = await ofClone<typeof import("@plinth/local/supervisor/client.ts")>("local/supervisor/client.ts");
    const { readService } = await ofClone<typeof import("../../../components/service/descriptor.ts")>(
      "components/service/descriptor.ts",
    );
    const { serviceProcess } = await ofClone<typeof import("../../../components/service/process.ts")>(
      "components/service/process.ts",
    );
    const { Reloader } = await ofClone<typeof import("../../../cli/dev-loop/reloader.ts")>("cli/dev-loop/reloader.ts");
    write("source.txt", "1");
    write(".plinth/go", "");
    await apply(directory, "toy", serviceProcess(readService(stack.root, "services/toy"), port));

    const reloader = new Reloader(directory);
    const reload = (text: string) => {
      write("source.txt", text);
      return reloader.reload([join(stack.root, "services/toy/source.txt")])[0]!.result;
    };
    rmSync(join(stack.root, "services/toy/.plinth/go"));
    const second = reload("2");
    await eventually("the second is being built", () => builds().includes("begins 2"));
    const [third, fourth] = [reload("3"), reload("4")];
    assert.equal(await answer(), "1");
    write(".plinth/go", "");
    assert.deepEqual([await second, await third, (await fourth)?.failure], [undefined, undefined, undefined]);
    assert.deepEqual(builds(), ["begins 1", "ends 1", "begins 2", "ends 2", "begins 4", "ends 4"]);
    assert.equal(await answer(), "4");
    assert.deepEqual(new Reloader(directory).reload([]), [], "the running version has these sources");

    assert.match((await reload("wrong"))?.failure ?? "", /it was not built, so the one before it goes on/);
    assert.equal(await answer(), "4");
    assert.deepEqual(reloader.reload([]), [], "it is not retried by itself");
    assert.match((await reload("wrong"))?.failure ?? "", /it was not built/, "it is retried when it is saved again");
    assert.equal((await reload("5"))?.failure, undefined);
    assert.equal(await answer(), "5");
  });
});
