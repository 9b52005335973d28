import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { findFreePort } from "@plinth/toolchain/free-port.ts";
import { eventually } from "../../support/eventually.ts";
import { Stack } from "../../support/stack/stack.ts";
import { isAlive } from "../../support/supervisor/supervisor.ts";

const PROGRAM = new URL("listed-program.ts", import.meta.url).pathname;
const SERVER = `require("node:http").createServer((_, r) => r.end()).listen(Number(process.env.PORT), "127.0.0.1")`;
const CRASHING = `${SERVER}; setTimeout(() => { console.error("no luck today"); process.exit(3); }, 400);`;

describe("the processes of a stack, by make (PLT-9)", function () {
  this.timeout(180_000);
  let stack: Stack;
  let port: number;

  before(async () => {
    stack = await Stack.create({ program: PROGRAM });
    port = await findFreePort();
    list({ name: "first", port });
    await stack.expectSuccess("up");
  });
  after(() => stack.destroy());

  function list(...processes: { name: string; port: number; program?: string }[]): void {
    const all = processes.map((each) => ({ program: SERVER, ...each }));
    writeFileSync(join(stack.root, "processes.json"), JSON.stringify(all));
  }
  const names = async () => (await stack.status()).map(({ name, state }) => `${name} ${state}`);

  it("hand a port over when one is renamed, and are refused one port with both names", async () => {
    list({ name: "second", port });
    await stack.expectSuccess("up");
    assert.deepEqual(await names(), ["second ready"]);
    list({ name: "second", port }, { name: "third", port });
    assert.match(
      await stack.expectFailure("up"),
      new RegExp(`Port ${port} is claimed by 'second' \\(http\\) and by 'third' \\(http\\)`),
    );
    assert.deepEqual(await names(), ["second ready"]);
  });

  it("stay where they are when a new port belongs to another program, which is named before anything stops", async () => {
    const before = await stack.status();
    const foreign = createServer().listen(0, "127.0.0.1");
    await once(foreign, "listening");
    const { port: taken } = foreign.address() as { port: number };
    list({ name: "second", port: taken });
    try {
      assert.match(await stack.expectFailure("up"), new RegExp(`Port ${taken} \\(http of second\\) is already taken`));
      assert.deepEqual(await stack.status(), before);
    } finally {
      foreign.close();
    }
  });

  it("fail 'up' when one crashes again and again, with its last lines, also the second time", async () => {
    list({ name: "second", port, program: CRASHING });
    for (let n = 0; n < 2; n++)
      assert.match(
        await stack.expectFailure("up"),
        /'second' exited with code 3 and is restarted again and again \(\d+ times so far\).*no luck today/s,
      );
    list({ name: "second", port });
    await stack.expectSuccess("up");
    await stack.expectSuccess("wait");
  });

  it("are named after seconds while 'up' waits for them, with their last lines", async () => {
    const slow = `console.log("reading the library"); setTimeout(() => ${SERVER}, 9000);`;
    list({ name: "second", port, program: slow });
    const up = stack.start("up");
    const said = /process 'second' is not ready after \d s \(no connection to port \d+\).*reading the library/s;
    await eventually("it is named", () => said.test(up.output), 20);
    assert.equal(up.ended, false);
    assert.equal((await up.result).code, 0);
  });

  it("are shown, and stopped before their data goes, when the state is lost", async () => {
    const running = await stack.status();
    const supervisor = stack.supervisor()!.pid;
    rmSync(join(stack.root, ".plinth", "state"), { recursive: true });
    assert.match((await stack.expectSuccess("status")).output, /second +ready/);
    const { output } = await stack.expectSuccess("down", "PURGE=1");
    assert.match(output, /Stopped what ran without being in the state of 'local': second\./);
    assert.deepEqual([...running.map(({ pid }) => pid!), supervisor].filter(isAlive), []);
    assert.equal(existsSync(stack.directory), false);
  });
});
