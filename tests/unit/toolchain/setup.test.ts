import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { installMissing, whatPersonHasToDo } from "@plinth/toolchain/setup.ts";
import type { Tool } from "@plinth/toolchain/tool.ts";
import { controlPlaneTools, engineTools, platformTools } from "@plinth/toolchain/tools.ts";
import { type BareMachine, bareMachine } from "../../support/machine.ts";

describe("the installation of tools (INF-16)", () => {
  let machine: BareMachine;
  beforeEach(() => {
    machine = bareMachine();
  });
  afterEach(() => machine.restore());

  const tool = (name: string, more: Partial<Tool>): Tool => ({
    name,
    remedy: `get ${name}`,
    find: async () => undefined,
    ...more,
  });

  it("of the cluster tests starts with etcd, before anything is built", async () => {
    assert.match(controlPlaneTools[0]!.remedy, /^(sudo )?(apt-get install -y etcd-server|brew install etcd)$/);
    machine.program("go", 'echo "go version go1.99.0 linux/amd64"');
    // Root calls apt-get itself.
    machine.program("apt-get", 'echo no such package; [ "$1" = update ]');
    await assert.rejects(
      installMissing(controlPlaneTools),
      /etcd is missing\. Type: |'apt-get install .* etcd-server' ended with exit code 1:\nno such package/,
    );
    assert.deepEqual(readdirSync(machine.folder).sort(), ["apt-get", "go"]);
  });

  it("says all that a person has to do at once, and installs nothing before", async () => {
    let installed = 0;
    const run = async () => {
      installed += 1;
    };
    const tools = [
      tool("first", { install: { duration: "a second", run } }),
      tool("second", {}),
      tool("third", { find: async () => "third is too old" }),
      tool("fourth", {
        install: {
          duration: "a second",
          run,
          check: () => Promise.reject(new Error("fourth cannot be built (no Go)")),
        },
      }),
    ];
    await assert.rejects(installMissing(tools), {
      message: "second is missing. Type: get second\nthird is too old. Type: get third\nfourth cannot be built (no Go)",
    });
    assert.equal(installed, 0);
  });

  it("asks for Go only where something has to be built", () => {
    for (const tools of [platformTools, engineTools]) assert.ok(!tools.some(({ name }) => name === "Go"));
  });

  it("of what has to be built is refused at once where Go is too old", async () => {
    machine.program("go", 'echo "go version go1.19.8 linux/amd64"');
    for (const one of controlPlaneTools.filter(({ name }) => name !== "etcd"))
      assert.match(
        (await whatPersonHasToDo(one)) ?? "",
        /\(.*is Go 1\.19\.8, and at least 1\.\d+.* is needed\)\. Type: /,
        one.name,
      );
  });
});
