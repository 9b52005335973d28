import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { waitUntil } from "../../../../support/eventually.ts";
import { createTopic, eventsOf, type NumberedEvent, type TestTopic } from "../../../../support/kit/test-topic.ts";
import { kafka } from "../../../../support/servers/servers.ts";

describe("group member", () => {
  let at: TestTopic;
  afterEach(() => at.close());

  it("loses nothing when it is killed: uncommitted events come again, each key in order", async () => {
    at = await createTopic({ partitions: 2 });
    const keys = ["a", "b", "c", "d", "e"];
    await at.publish(eventsOf(keys, 200));
    const seen: [string, number][] = [];
    const program = new URL("../../../../support/kit/consumer-program.ts", import.meta.url).pathname;
    const run = async (enough: () => boolean) => {
      const { url } = await kafka();
      const child = spawn(process.execPath, [program, url, at.topic, at.group], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      createInterface(child.stdout).on("line", (line) => seen.push(JSON.parse(line)));
      try {
        await waitUntil("enough is handled", enough, Boolean, 30_000);
      } finally {
        child.kill("SIGKILL");
        await once(child, "exit");
      }
    };
    await run(() => seen.length > 150);
    const first = seen.length;
    const distinct = () => new Set(seen.map(([key, number]) => `${key}-${number}`)).size;
    assert.ok(distinct() < 1000, "it was killed too late");
    await run(() => distinct() === 1000);
    for (const key of keys) {
      const numbers = seen
        .map(([of, number], index) => ({ of, number, second: index >= first }))
        .filter(({ of }) => of === key);
      for (const second of [false, true]) {
        const handled = numbers.filter((one) => one.second === second).map(({ number }) => number);
        assert.deepEqual(
          handled,
          [...handled].sort((one, other) => one - other),
          `${key} out of order`,
        );
        assert.equal(new Set(handled).size, handled.length, `${key} twice without a reason`);
      }
    }
  }).timeout(60_000);

  it("shares partitions with a second member and takes them back without loss or parallel work on a key", async () => {
    at = await createTopic({ partitions: 4 });
    const keys = Array.from({ length: 20 }, (_, index) => `key-${index}`);
    const seen = new Map<string, Set<number>>(keys.map((key) => [key, new Set()]));
    const members = [new Set<string>(), new Set<string>()];
    const running = new Set<string>();
    let overlaps = 0;
    const handle =
      (member: number) =>
      async ({ event: { aggregate_id: key, number } }: { event: NumberedEvent }) => {
        if (running.has(key)) overlaps++;
        running.add(key);
        members[member]?.add(key);
        await sleep(2);
        seen.get(key)?.add(number);
        running.delete(key);
        return true;
      };
    at.consume(handle(0));
    await at.publish(eventsOf(keys, 20));
    const second = at.consume(handle(1));
    for (let from = 20; members[1]!.size === 0; from += 5) {
      await at.publish(eventsOf(keys, 5, from));
      await sleep(50);
      assert.ok(from < 5000, "the second member got nothing");
    }
    await second.stop();
    await at.publish(eventsOf(keys, 5, 100_000));
    await waitUntil("all are handled", () => keys.every((key) => seen.get(key)?.has(100_004)), Boolean, 30_000);
    for (const key of keys) {
      const numbers = [...(seen.get(key) ?? [])].filter((number) => number < 100_000);
      assert.equal(Math.max(...numbers) + 1, numbers.length, `${key} lacks events`);
    }
    assert.equal(overlaps, 0, "two members handled a key at the same time");
  }).timeout(60_000);

  it("continues each time the broker is killed and comes back, without loss and in order (PLT-10)", async () => {
    const broker = await kafka();
    at = await createTopic();
    const seen: number[] = [];
    at.consume(async ({ event }) => seen.push(event.number) > 0);
    for (const round of [0, 1]) {
      await at.publish(eventsOf(["a"], 50, round * 100));
      await waitUntil("some are handled", () => seen.some((number) => number >= round * 100));
      await broker.kill();
      await broker.start();
      await waitUntil("it writes again", () => at.publish(eventsOf(["a"], 50, round * 100 + 50)).then(() => true));
      await waitUntil("all are handled", () => seen.includes(round * 100 + 99), Boolean, 30_000);
    }
    // Events that were handled but not committed may come twice.
    const first = [...new Set(seen)];
    assert.deepEqual(first, [...Array(200).keys()]);
  }).timeout(90_000);

  it("stops in time while the broker is away", async () => {
    const broker = await kafka();
    at = await createTopic();
    await at.publish(eventsOf(["a"], 1));
    const seen: number[] = [];
    const consumer = at.consume(async ({ event }) => seen.push(event.number) > 0, { drainMs: 1000 });
    await waitUntil("it reads", () => seen.length === 1);
    await broker.kill();
    try {
      const startedAt = Date.now();
      await consumer.stop();
      assert.ok(Date.now() - startedAt < 3000, `it took ${Date.now() - startedAt} ms`);
    } finally {
      await broker.start();
    }
  }).timeout(60_000);
});
