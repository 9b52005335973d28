import assert from "node:assert/strict";
import { freeOffset } from "../../support/stack/ports.ts";
import { Stack } from "../../support/stack/stack.ts";

const PROGRAM = new URL("reduced-program.ts", import.meta.url).pathname;

describe("two clones on one machine (PLT-9)", function () {
  this.timeout(180_000);
  let first: Stack;
  let second: Stack;

  before(async () => {
    first = await Stack.create({ program: PROGRAM });
    second = await Stack.create({ program: PROGRAM, offset: first.offset });
    await first.expectSuccess("up");
  });
  after(async () => {
    await second.destroy();
    await first.destroy();
  });

  it("on the same ports: the second names the port, its holder and the remedy, and the first is untouched", async () => {
    const before = await first.assertHealthy();
    const output = await second.expectFailure("up");
    const holders = { redis: "redis-server", postgres: "postgres" };
    for (const [name, program] of Object.entries(holders)) {
      const { pid } = before.find((each) => each.name === name)!;
      const port = first.ports[name as keyof typeof holders];
      assert.match(
        output,
        new RegExp(
          `Port ${port} \\(${name} of ${name}\\) is already taken: held by process ${pid} \\([^)]*${program}[^)]*\\)`,
        ),
      );
    }
    assert.match(
      output,
      /move all of this stack's ports: eval "`make -s shell`"; pulumi config set plinth:portOffset \d+/,
    );
    assert.deepEqual(await first.assertHealthy(), before);
    const running = (await second.status()).filter(
      ({ name, pid }) => pid !== undefined && (name === "redis" || name === "postgres"),
    );
    assert.deepEqual(running, []);
  });

  it("with one setting they run side by side, and stop separately", async () => {
    await second.setPortOffset(await freeOffset());
    await second.expectSuccess("up");
    const [one, other] = [await first.assertHealthy(), await second.assertHealthy()];
    assert.equal(new Set([...one, ...other].map(({ pid }) => pid)).size, one.length + other.length);
    await second.expectSuccess("down");
    await second.assertNothingLeft();
    assert.deepEqual(await first.assertHealthy(), one);
  });
});
