import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { kitError, ServiceError } from "@plinth/kit/core/errors.ts";
import { insertRows } from "@plinth/kit/database/bulk-insert.ts";
import { createDatabase } from "@plinth/kit/database/database.ts";
import { createGroupCommit } from "@plinth/kit/database/group-commit.ts";
import { startFaultProxy } from "@plinth/kit/testing/fault-proxy.ts";
import pg from "pg";
import { waitUntil } from "../../../../support/eventually.ts";
import { logger } from "../../../../support/kit/test-topic.ts";
import { postgres } from "../../../../support/servers/servers.ts";

describe("group commit", () => {
  /** A slow database that refuses items as `refuse` says. */
  function writer(refuse: (items: readonly string[]) => Error | undefined = () => undefined) {
    const calls: [group: number, items: string[]][] = [];
    let busy = 0;
    let peak = 0;
    return {
      calls,
      peak: () => peak,
      async write(group: number, items: readonly string[]): Promise<void> {
        calls.push([group, [...items]]);
        peak = Math.max(peak, ++busy);
        await sleep(10);
        busy--;
        const error = refuse(items);
        if (error) throw error;
      },
    };
  }

  it("writes concurrent items as one transaction, and later ones as the next", async () => {
    const { calls, write } = writer();
    const { add } = createGroupCommit<string>({ write });
    const first = [add(1, "a"), add(1, "b")];
    await sleep(3);
    const second = [add(1, "c"), add(1, "d"), add(1, "e")];
    await Promise.all([...first, ...second]);
    assert.deepEqual(calls, [
      [1, ["a", "b"]],
      [1, ["c", "d", "e"]],
    ]);
    await add(1, "f");
    assert.deepEqual(calls.at(-1), [1, ["f"]]);
  });

  it("writes one transaction of a group at a time, and groups in parallel", async () => {
    const { calls, write, peak } = writer();
    const { add } = createGroupCommit<string>({ write, maxItems: 2 });
    await Promise.all([add(1, "a"), add(1, "b"), add(1, "c"), add(2, "x"), add(3, "y")]);
    assert.deepEqual(
      calls.filter(([group]) => group === 1).map(([, items]) => items),
      [["a", "b"], ["c"]],
    );
    assert.equal(peak(), 3);
  });

  it("fails only the item that the database refuses", async () => {
    const refused = new Error("bad row");
    const { calls, write } = writer((items) => (items.includes("bad") ? refused : undefined));
    const { add } = createGroupCommit<string>({ write });
    const outcomes = await Promise.allSettled([add(1, "a"), add(1, "bad"), add(1, "c")]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["fulfilled", "rejected", "fulfilled"],
    );
    assert.equal((outcomes[1] as PromiseRejectedResult).reason, refused);
    assert.deepEqual(calls.at(-1), [1, ["c"]]);
  });

  it("fails all items and repeats none when the commit is uncertain", async () => {
    const { calls, write } = writer(() => kitError("unavailable", "lost while it committed"));
    const { add } = createGroupCommit<string>({ write });
    const outcomes = await Promise.allSettled([add(1, "a"), add(1, "b")]);
    assert.deepEqual(
      outcomes.map(({ status }) => status),
      ["rejected", "rejected"],
    );
    assert.equal(calls.length, 1);
    await assert.rejects(add(1, "c"), /lost while it committed/);
  });
});

describe("group commit on a database that falls silent", () => {
  it("refuses waiting items after the usual wait, bounds their number and keeps every acknowledged row (SDG-3)", async () => {
    const { url, port } = await postgres();
    const owner = new pg.Client(url);
    await owner.connect();
    await owner.query("create schema line; create table line.notes (id int)");
    const proxy = await startFaultProxy(port);
    const through = Object.assign(new URL(url), { port: String(proxy.port) }).href;
    const database = createDatabase({ url: through, name: "line", logger });
    const { add } = createGroupCommit<number>({
      write: (tenant, ids) =>
        database.withTenant(tenant, async (transaction) =>
          insertRows(
            transaction,
            "note",
            "notes (id)",
            ids.map((id) => [id]),
          ),
        ),
    });
    let next = 0;
    const acknowledged: number[] = [];
    /** Milliseconds until the refusal; undefined if the item was acknowledged. */
    const one = async () => {
      const [id, startedAt] = [next++, performance.now()];
      try {
        await add(1, id);
        acknowledged.push(id);
        return undefined;
      } catch (error) {
        assert.ok(error instanceof ServiceError && error.code === "unavailable", String(error));
        return performance.now() - startedAt;
      }
    };
    const some = (count: number) => Promise.all(Array.from({ length: count }, one));
    try {
      await some(1000);
      assert.equal(acknowledged.length, 1000);
      proxy.blackHole();
      const early = some(1);
      await sleep(20);
      const refused = await Promise.all([early, some(10_000), sleep(4500).then(() => some(1000))]);
      const waits = refused.flat().map((ms) => ms ?? Number.NaN);
      const longest = Math.max(...waits);
      assert.ok(longest < 8500, `the last was refused after ${longest} ms`);
      assert.ok(waits.filter((ms) => ms < 500).length > 5000, "too many items waited");
      await proxy.heal();
      await waitUntil("it writes again", async () => (await one()) === undefined);
      const { rows } = await owner.query<{ id: number }>("select id from line.notes");
      const written = new Set(rows.map(({ id }) => id));
      assert.deepEqual(
        acknowledged.filter((id) => !written.has(id)),
        [],
      );
      assert.equal(written.size, rows.length);
    } finally {
      await proxy.heal();
      await database.close();
      await proxy.stop();
      await owner.query("drop schema line cascade");
      await owner.end();
    }
  });
});
