import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { pulumiTool } from "@plinth/toolchain/pulumi/pulumi.ts";
import { installMissing, whatPersonHasToDo } from "@plinth/toolchain/setup.ts";
import type { Tool } from "@plinth/toolchain/tool.ts";
import { controlPlaneTools, engineTools, platformTools, storeTools } from "@plinth/toolchain/tools.ts";
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

  describe("of Pulumi and the stores", () => {
    const { fetch } = globalThis;
    afterEach(() => {
      globalThis.fetch = fetch;
    });
    const downloadable = [pulumiTool, ...storeTools];
    const answer = (respond: (url: string) => Promise<Response>) => {
      globalThis.fetch = (input) => respond(String(input));
    };
    /** As the releases publish them, for whichever file is asked for. */
    const checksums = (url: string) => {
      const name = url.split("/").at(-1)!.replace("_checksums.txt", ".tar.gz");
      return Promise.resolve(new Response(`${"0".repeat(64)}  ${name}\n`));
    };

    it("asks for no Go on a laptop with internet", async () => {
      answer(checksums);
      for (const one of downloadable) assert.equal(await whatPersonHasToDo(one), undefined, one.name);
    });

    it("asks for Go without internet, in the version that each build needs", async () => {
      answer(() => Promise.reject(new TypeError("fetch failed")));
      for (const one of downloadable)
        assert.match(
          (await whatPersonHasToDo(one)) ?? "",
          new RegExp(`^${one.name} can neither be downloaded \\(no internet\\) nor built \\(no Go\\)\\. Type: `),
        );
      machine.program("go", 'echo "go version go1.26.5 linux/amd64"');
      const complaints = await Promise.all(downloadable.map(whatPersonHasToDo));
      assert.deepEqual(
        complaints.map((complaint) => /at least (\S+) is needed/.exec(complaint ?? "")?.[1]),
        [undefined, undefined, "1.26.6"],
      );
    });

    it("asks for Go where the official release has nothing for this machine", async () => {
      answer(() => Promise.resolve(new Response("", { status: 404 })));
      for (const one of storeTools) assert.match((await whatPersonHasToDo(one)) ?? "", /nor built \(no Go\)/);
    });
  });
});
