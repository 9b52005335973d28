import assert from "node:assert/strict";
import { createServer, type Server } from "node:net";
import { apply, remove } from "@plinth/local/supervisor/client.ts";
import { isPortFree } from "@plinth/local/supervisor/system/ports.ts";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { shellSpec } from "../../../../support/supervisor/shell-spec.ts";
import { clearFolders, supervisorFolder, waitForRestart } from "../../../../support/supervisor/supervisor.ts";

describe("supervisor: ports", () => {
  let foreign: Server | undefined;

  afterEach(async () => {
    await new Promise<void>((resolve) => (foreign ? foreign.close(() => resolve()) : resolve()));
    foreign = undefined;
    await clearFolders();
  });

  const web = (directory: string, port: number) =>
    shellSpec(directory, "", {
      command: "python3",
      args: ["-m", "http.server", String(port), "--bind", "127.0.0.1"],
      ready: { kind: "http", port, path: "/" },
      ports: { http: port },
    });

  it("names a taken port, its holder, and what to do (INF-1)", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    foreign = createServer().listen(port, "0.0.0.0");
    await assert.rejects(apply(directory, "web", web(directory, port)), (error: Error) => {
      assert.match(
        error.message,
        new RegExp(
          `^Port ${port} \\(http of web\\) is already taken: held by process ${process.pid} \\(.*mocha.*\\)\\. Stop it, or move all`,
        ),
      );
      assert.match(error.message, /; pulumi config set plinth:portOffset 1000$/);
      return true;
    });
  });

  it("notices two stacks on one port", async () => {
    const [one, two, port] = [supervisorFolder(), supervisorFolder(), await findFreePort()];
    const { pid } = await apply(one, "web", web(one, port));
    await assert.rejects(
      apply(two, "web", web(two, port)),
      new RegExp(`Port ${port} .* held by process ${pid} \\(.*python3 -m http.server`),
    );
  });

  it("lets two processes of one stack exchange their ports", async () => {
    const [directory, a, b] = [supervisorFolder(), await findFreePort(), await findFreePort()];
    await apply(directory, "one", web(directory, a));
    await apply(directory, "two", web(directory, b));
    const both = await Promise.all([
      apply(directory, "one", web(directory, b)),
      apply(directory, "two", web(directory, a)),
    ]);
    assert.deepEqual(
      both.map(({ state }) => state),
      ["ready", "ready"],
    );
  });

  it("restarts a server in place, and leaves its port free when it is removed", async () => {
    const [directory, port] = [supervisorFolder(), await findFreePort()];
    const { pid } = await apply(directory, "web", web(directory, port));
    process.kill(pid!, "SIGKILL");
    await waitForRestart(directory, "web", pid!);
    assert.equal(await isPortFree(port), false);
    await remove(directory, "web");
    assert.equal(await isPortFree(port), true);
  });
});
