import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { runGit } from "../../../cli/service-files/git.ts";
import { eventually } from "../../support/eventually.ts";
import { commit, temporaryFolder } from "../../support/sample-repositories.ts";
import { Stack } from "../../support/stack/stack.ts";

describe("Ctrl-C in the middle of make add-service (INF-14)", function () {
  this.timeout(60_000);

  it("leaves neither a clone nor a partial submodule", async () => {
    const stack = await Stack.create();
    const folder = temporaryFolder();
    const silent = createServer().listen(0, "127.0.0.1");
    try {
      commit(stack.root);
      await once(silent, "listening");
      const asked = once(silent, "connection");
      const temp = join(folder, "temp");
      mkdirSync(temp);
      const { port } = silent.address() as AddressInfo;
      const command = stack.start("add-service", `URL=http://127.0.0.1:${port}/x.git`, `TMPDIR=${temp}`);
      const [socket] = (await asked) as [Socket];
      command.signal("SIGINT");
      assert.notEqual((await command.result).code, 0);
      socket.destroy();
      await eventually("its clone is gone", () => readdirSync(temp).length === 0);
      assert.equal(runGit(stack.root, "status", "--porcelain"), "");
    } finally {
      silent.close();
      rmSync(folder, { recursive: true, force: true });
      await stack.destroy();
    }
  });
});
