import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { eventually } from "../../support/eventually.ts";
import type { Command } from "../../support/stack/command.ts";
import { Stack } from "../../support/stack/stack.ts";

const PROGRAM = new URL("reduced-program.ts", import.meta.url).pathname;
const SEED = Number(process.env.PLINTH_TEST_SEED ?? 20_261_121);

describe("an interrupted engine (PLT-10)", function () {
  this.timeout(180_000);
  const random = mulberry32(SEED);
  console.log(`  moments by PLINTH_TEST_SEED=${SEED}`);

  for (const { name, program, rounds, processes } of [
    { name: "of a small program", program: PROGRAM, rounds: 8, processes: 5 },
    { name: "of the whole program", program: undefined, rounds: 2, processes: 6 },
  ]) {
    describe(name, () => {
      let stack: Stack;
      /** Duration of each command without interruption. */
      const takes = { up: 0, destroy: 0 };

      before(async () => {
        stack = await Stack.create(program === undefined ? {} : { program });
        takes.up = await engineTime(stack, "up");
        takes.destroy = await engineTime(stack, "destroy");
      });
      after(() => stack.destroy());

      const [ups, downs] = [strata(random, rounds), strata(random, rounds)];
      for (const [round, moment] of ups.entries()) {
        it(`killed at ${percent(moment)} of 'up' and at ${percent(downs[round]!)} of 'down', leaves no process, and the next run converges`, async () => {
          // Every other round starts with existing data, which is faster.
          if (round % 2 === 0) await stack.expectSuccess("down", "PURGE=1");
          await killed(stack, "up", moment * takes.up);
          await stack.expectSuccess("up");
          assert.equal((await stack.assertHealthy()).length, processes);
          assert.deepEqual(stack.locks(), []);
          await killed(stack, "destroy", downs[round]! * takes.destroy);
          await stack.expectSuccess("down");
          await stack.assertNothingLeft();
        });
      }
    });
  }

  describe("that still runs", () => {
    let stack: Stack;
    before(async () => {
      stack = await Stack.create({ program: PROGRAM });
    });
    after(() => stack.destroy());

    it("makes a second one end with one sentence and without changes", async () => {
      const first = stack.start("up");
      await eventually("the first engine has the stack", () => stack.locks().length > 0, 60);
      for (const command of ["up", "down"]) {
        const sentence =
          /^Another engine \(process \d+, since .+\) is at work on this stack: wait until it is done\nmake: [^\n]+\n$/;
        assert.match(await stack.expectFailure(command), sentence);
      }
      assert.equal((await first.result).code, 0);
      assert.equal((await stack.assertHealthy()).length, 5);
    });

    it("can be killed in 'down', refreshed and repaired by 'up'", async () => {
      await killed(stack, "destroy", 1000);
      await stack.expectSuccess("refresh");
      await stack.expectSuccess("up");
      assert.equal((await stack.assertHealthy()).length, 5);
    });

    it("ends in order at Ctrl-C in the middle of 'up', and the next 'up' converges", async () => {
      await stack.expectSuccess("down", "PURGE=1");
      const up = stack.start("up");
      await eventually("a process has been started", async () => (await stack.status()).length > 1, 60);
      up.signal("SIGINT");
      assert.notEqual((await up.result).code, 0);
      await stack.waitForEngines();
      assert.deepEqual(stack.locks(), [], "an engine that ends in order gives its lock free");
      await stack.expectSuccess("up");
      assert.equal((await stack.assertHealthy()).length, 5);
    });

    it("is not mistaken for the remains of a killed one of the same stack", async () => {
      const preview = stack.start("preview");
      await eventually(
        "the program runs",
        () => stack.engines().some(({ name }) => name.startsWith("pulumi-language")),
        60,
      );
      await killed(stack, "up", 200);
      assert.equal((await preview.result).code, 0, preview.output);
      await stack.expectSuccess("up");
    });

    it("does no harm when it is killed while it writes its lock", async () => {
      const folder = join(stack.root, ".plinth", "state", ".pulumi", "locks", "organization", "plinth", "local");
      mkdirSync(folder, { recursive: true });
      // The file backend's own name for a draft.
      writeFileSync(join(folder, "4b0cd1a8-5a9c-4f4e-9d0c-1f2a3b4c5d6e.json.18a9f3c2d1e0b000.tmp"), "");
      assert.match((await stack.shell("pulumi up --stack local --yes --skip-preview")).output, /error: .*JSON/);
      await stack.expectSuccess("up");
    });

    it("does no harm when it is killed while it writes the side file of its state", async () => {
      const sideFile = join(stack.root, ".plinth", "state", ".pulumi", "stacks", "plinth", "local.json.attrs");
      writeFileSync(sideFile, "");
      assert.match((await stack.shell("pulumi stack export --stack local")).output, /failed to load checkpoint: EOF/);
      await stack.expectSuccess("up");
      assert.match((await stack.shell("pulumi stack export --stack local")).output, /"version": 3/);
    });

    it("leaves no process when make is killed with it", async () => {
      const up = stack.start("up");
      const { pid } = await stack.engine("up");
      await eventually(
        "the provider host runs",
        () => stack.engines().some(({ command }) => command.includes("dynamic-provider")),
        60,
      );
      up.signal("SIGKILL");
      kill(pid);
      await up.result;
      await stack.expectSuccess("up");
      assert.equal((await stack.assertHealthy()).length, 5);
    });
  });
});

/** Kills the engine that long after its start, unless it has ended before. */
async function killed(stack: Stack, command: "up" | "destroy", milliseconds: number): Promise<void> {
  const under: Command = stack.start(command === "up" ? "up" : "down");
  const { pid } = await stack.engine(command);
  await sleep(milliseconds);
  kill(pid);
  await under.result;
  await stack.waitForEngines();
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    // It has ended already.
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

async function engineTime(stack: Stack, command: "up" | "destroy"): Promise<number> {
  const under = stack.start(command === "up" ? "up" : "down");
  const { pid } = await stack.engine(command);
  const begun = Date.now();
  while (stack.engines().some((found) => found.pid === pid)) await sleep(50);
  assert.equal((await under.result).code, 0);
  return Date.now() - begun;
}

/** One random moment in each of `count` equal parts, so that a few moments cover everything. */
function strata(random: () => number, count: number): number[] {
  return Array.from({ length: count }, (_, at) => (at + random()) / count);
}

function percent(moment: number): string {
  return `${Math.round(moment * 100)} %`;
}

/** A small generator that repeats its numbers for the same seed. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
