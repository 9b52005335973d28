import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { kitError } from "@plinth/kit/errors.ts";
import { createGroupCommit } from "@plinth/kit/group-commit.ts";

describe("group commit", () => {
  /** A database that takes its time, and refuses what `refuse` says. */
  function writer(refuse: (items: readonly string[]) => Error | undefined = () => undefined) {
    const calls: [group: number, items: string[]][] = [];
    let busy = 0;
    let most = 0;
    return {
      calls,
      most: () => most,
      async write(group: number, items: readonly string[]): Promise<void> {
        calls.push([group, [...items]]);
        most = Math.max(most, ++busy);
        await sleep(10);
        busy--;
        const error = refuse(items);
        if (error) throw error;
      },
    };
  }

  it("writes what comes together as one, and what comes meanwhile as the next one", async () => {
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

  it("has one write of a group at a time, and does not make groups wait for each other", async () => {
    const { calls, write, most } = writer();
    const { add } = createGroupCommit<string>({ write, most: 2 });
    await Promise.all([add(1, "a"), add(1, "b"), add(1, "c"), add(2, "x"), add(3, "y")]);
    assert.deepEqual(
      calls.filter(([group]) => group === 1).map(([, items]) => items),
      [["a", "b"], ["c"]],
    );
    assert.equal(most(), 3);
  });

  it("lets only the item fail that the database refuses", async () => {
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

  it("tells all when nobody knows what was written, and writes none of them again", async () => {
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
